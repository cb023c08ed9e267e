//! The directory with which a city begins.

use std::path::Path;

use haidang_exchange::adapters::Adapters;
use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::rules::agreement::{Environment, State};

const HAIPHONG: &str = include_str!("../../../../packs/haiphong/exchange/directory.toml");
const REGISTERS: &str = include_str!("../../../../packs/haiphong/exchange/registers.toml");
const CATALOGUE: &str = include_str!("../../../server/src/simulators/national/catalogue.toml");

#[test]
fn the_pack_names_every_national_system_and_pretends_no_connection() {
    let draft = DirectoryDraft::from_toml(HAIPHONG).unwrap();
    let directory = draft.clone().build().unwrap();
    assert_eq!(directory.environment(), Environment::Sandbox);
    let catalogue: toml::Value = toml::from_str(CATALOGUE).unwrap();
    let services: Vec<_> =
        draft.members.iter().flat_map(|member| &member.subsystems).flat_map(|system| &system.services).collect();
    for system in catalogue["system"].as_array().unwrap() {
        let name = system["name"]["vi"].as_str().unwrap();
        let owner = system["owner"]["vi"].as_str().unwrap();
        let found = services.iter().find(|service| service.name.as_deref() == Some(name));
        let found = found.unwrap_or_else(|| panic!("{name} is not registered"));
        let said = found.description.as_deref().unwrap();
        assert!(said.contains(owner) && said.contains(system["purpose"]["vi"].as_str().unwrap()), "{said}");
    }
    assert_eq!(services.len(), 23);
    for service in services {
        // What has an adapter says itself that it is not connected; anything else is switched off.
        let nowhere = service.base_url.as_ref().is_some_and(|address| address.ends_with(".invalid"));
        let switched_off = service.disabled.is_some() && nowhere;
        assert!(switched_off != service.adapter.is_some(), "{}", service.code);
    }
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/haiphong/exchange/adapters");
    let adapters = Adapters::read(&adapters, None).unwrap();
    assert_eq!(adapters.lacking(&directory), [""; 0]);
    assert_eq!(adapters.names().count(), directory.adapters().count(), "an adapter that no service names");
    for agreement in &draft.agreements {
        let real = agreement.environment == Environment::Production;
        assert_eq!(agreement.state == State::Draft, real, "{}: nobody has signed about real data", agreement.id);
        assert_eq!(agreement.process.evidence.as_deref(), Some("unverified"), "{}", agreement.id);
        assert!(agreement.consumer.ends_with("/MOTCUA"), "{}", agreement.id);
        assert!(!real || !agreement.procedures.is_empty(), "{}: real data for named procedures alone", agreement.id);
    }
    assert_eq!(draft.agreements.len(), 6);
}

#[test]
fn what_forms_ask_of_others_is_agreed_for_every_form() {
    let draft = DirectoryDraft::from_toml(HAIPHONG).unwrap();
    let registers: toml::Value = toml::from_str(REGISTERS).unwrap();
    for register in registers["register"].as_array().unwrap() {
        let text = |name: &str| register[name].as_str().unwrap();
        let agreement = draft.agreements.iter().find(|agreement| {
            agreement.consumer == registers["consumer"].as_str().unwrap()
                && agreement.service == text("service")
                && agreement.purpose_code == text("purpose")
                && agreement.environment == draft.environment
                && agreement.state == State::Active
        });
        let agreement = agreement.unwrap_or_else(|| panic!("{}: no agreement lets forms ask", text("id")));
        assert!(agreement.procedures.is_empty(), "{}", agreement.id);
        for pointer in register["same"].as_table().unwrap().keys() {
            let field = format!("${}", pointer.replace('/', "."));
            assert!(agreement.fields_allowed.as_ref().unwrap().contains(&field), "{}: {field}", agreement.id);
        }
    }
}

#[test]
fn the_packs_know_every_message() {
    for city in ["haiphong", "mau"] {
        let file = format!("{}/../../packs/{city}/notices/messages.toml", env!("CARGO_MANIFEST_DIR"));
        let messages = std::fs::read_to_string(file).unwrap();
        for template in ["exchange_failing", "exchange_certificate", "exchange_stamping"] {
            assert!(messages.contains(&format!("id = \"{template}\"")), "{city} {template}");
        }
    }
}
