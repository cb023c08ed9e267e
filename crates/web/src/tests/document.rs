//! The API document and the list of routes say what the table says.

use super::*;
use crate::{RouteFault, openapi};
use haidang_testkit::db_test;

db_test! {
    rooms = ROOMS;

    async fn the_document_is_the_table(db: TestDb) {
        let trial = trial(&db);
        let served = trial.get("/api/openapi.json").await.json();
        let mut rows = trial.served.rows().to_vec();
        assert_eq!(served, openapi(&rows, ORIGIN));
        rows.reverse();
        assert_eq!(serde_json::to_string(&served["paths"]).unwrap(), serde_json::to_string(&openapi(&rows, ORIGIN)["paths"]).unwrap(), "in whatever order");
        let made = &served["paths"]["/api/v1/things"]["post"];
        assert_eq!(made["operationId"], "make_thing");
        assert_eq!(made["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Thing");
        assert_eq!(made["responses"]["201"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Thing");
        assert_eq!(made["x-audit"], "thing.made");
        assert_eq!(served["components"]["schemas"]["Thing"]["properties"]["name"]["description"], "What it is called.");
        for status in ["401", "403", "409", "413", "415", "422", "429", "default"] {
            assert_eq!(made["responses"][status]["$ref"], "#/components/responses/Problem", "{status}");
        }
        let listed = &served["paths"]["/api/v1/things"]["get"];
        let names: Vec<&str> = listed["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["cursor", "limit"]);
        assert_eq!(listed["security"], serde_json::json!([{ "token": [] }]));
        assert_eq!(listed["responses"]["200"]["content"]["application/json"]["schema"]["items"]["type"], "object");
        for row in trial.served.rows().iter().filter(|r| r.surface == crate::Surface::Api) {
            let operation = &served["paths"][row.path][row.method.as_str().to_lowercase()];
            assert_eq!(operation["operationId"], row.id, "every endpoint is in the document");
        }
        assert!(!served.to_string().contains("/trang"), "pages are not");
    }

    async fn a_table_with_a_silent_mutation_does_not_start(db: TestDb) {
        let site = trial(&db).served.site().clone();
        let silent = Routes::new("trial", ())
            .page(Row::post("change", "/doi").signed_in(), list)
            .page(Row::get("open", "/mo"), list);
        let refused = App::new(site).mount(silent).build().err().unwrap();
        assert_eq!(refused.0, [RouteFault::NoAudit("change"), RouteFault::NoPermission("open")]);
        assert!(refused.to_string().contains("change") && refused.to_string().contains("open"));
    }
}
