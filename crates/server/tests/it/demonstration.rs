//! The demonstration city is made of seed, scale and date alone.

use crate::city::Place;
use crate::process::{haidang, said};

/// Seeds a city and answers the rows and digests of its tables, and what scripts read about it.
fn seeded(place: &Place, pack: &str, name: &str, seed: &str, day: &str) -> (Vec<String>, String) {
    let config = place.config(pack, name);
    let mut demo = haidang(&config);
    demo.args(["demo", "--seed-only", "--residents", "40", "--months", "2", "--seed", seed, "--as-of", day]);
    said(demo);
    let file = place.folder().join(format!("{name}.zip"));
    let mut backup = haidang(&config);
    backup.arg("backup").arg(&file);
    let tables = said(backup).lines().filter(|line| line.contains(" rows  ")).map(str::to_owned).collect();
    (tables, std::fs::read_to_string(config.store.folder.join("demo.json")).unwrap())
}

on_both! {
    async fn the_same_three_give_the_same_city(place: Place) {
        for pack in ["mau", "haiphong"] {
            let one = seeded(&place, pack, &format!("{pack}-one"), "3", "2026-11-20");
            assert!(one.0.len() > 20, "{:?}", one.0);
            let two = seeded(&place, pack, &format!("{pack}-two"), "3", "2026-11-20");
            let apart: Vec<_> = one.0.iter().filter(|line| !two.0.contains(line)).collect();
            assert!(apart.is_empty(), "these tables differ: {apart:?}");
            assert_eq!(one.1, two.1, "demo.json");
            let owes = |city: &(Vec<String>, String)| pack == "mau" || city.1.contains("\"payment_reference\"");
            assert!(owes(&one), "{pack}: nobody owes a fee that could be paid");
            for (seed, day) in [("4", "2026-11-20"), ("3", "2026-11-19")] {
                let other = seeded(&place, pack, &format!("{pack}-{seed}-{day}"), seed, day);
                assert_ne!(one.0, other.0, "seed {seed} and day {day} change nothing");
                assert!(owes(&other), "{pack}, seed {seed}, day {day}: nobody owes a fee that could be paid");
            }
        }
    }
}
