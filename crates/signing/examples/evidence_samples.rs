//! Writes evidence containers for outside judges: `evidence_samples FOLDER` (`scripts/judge-exchange.sh`).
//!
//! `trust/` (the root), `good/` (containers of both layouts), `mutated/` with `mutated.tsv` (file, whether the outside
//! judge can see the change, what was done) and `stamps/` (each token beside the bytes it is over). Certificates are made
//! on the spot and are good for a month.
#![allow(clippy::unwrap_used, reason = "a program for scripts: a panic is its message")]

use std::fs;
use std::path::Path;

use haidang_kernel::ambient::Ambient;
use haidang_signing::SignatureAlgorithm;
use haidang_signing::asice::Layout;

#[path = "../tests/evidence/mutations.rs"]
mod mutations;
#[path = "../tests/evidence/support.rs"]
mod support;

use support::{BATCH, BODY, BOTH, City, MESSAGE, OWN, archive, entries, sample};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| panic!("evidence_samples FOLDER"));
    let folder = Path::new(&folder);
    for below in ["trust", "good", "mutated", "stamps"] {
        fs::create_dir_all(folder.join(below)).unwrap();
    }
    let now = Ambient::system().now();
    let mut table = String::new();
    let mut roots = String::new();
    let mut number = 0;
    for (kind, algorithm) in [("p256", SignatureAlgorithm::EcdsaP256), ("rsa", SignatureAlgorithm::Rsa2048)] {
        let city = City::new(algorithm, now);
        roots.push_str(&city.root.certificate.to_pem());
        for (layout, shown, stamps, stamped) in [
            (Layout::Standard, "standard", OWN, "own"),
            (Layout::Standard, "standard", BOTH, "both"),
            (Layout::XRoad, "xroad", OWN, "own"),
            (Layout::XRoad, "xroad", BATCH, "batch"),
        ] {
            for (body, with) in [(None, "request"), (Some(BODY), "body")] {
                let name = format!("{shown}-{kind}-{stamped}-{with}");
                let good = sample(&city, layout, MESSAGE, body, stamps);
                fs::write(folder.join("good").join(format!("{name}.asice")), &good.container).unwrap();
                for (token, (bytes, over)) in good.stamps.iter().enumerate() {
                    let place = folder.join("stamps").join(format!("{name}-{token}"));
                    fs::write(place.with_extension("tst"), bytes).unwrap();
                    fs::write(place.with_extension("data"), over).unwrap();
                }
                // One of each layout and stamp is enough to change.
                if (kind == "p256") != body.is_some() {
                    continue;
                }
                // Packed again without a change it must still be good, or the changes would prove nothing.
                let again = folder.join("good").join(format!("{name}-again.asice"));
                fs::write(again, archive(&entries(&good.container))).unwrap();
                let other = sample(&city, layout, b"GET\r\n/r1/other\r\n", body.map(|_| &b"{}"[..]), stamps);
                for mutation in mutations::mutations(&good.container, &other.container) {
                    number += 1;
                    let file = format!("{number:04}.asice");
                    fs::write(folder.join("mutated").join(&file), &mutation.container).unwrap();
                    let outside = u8::from(mutation.outside);
                    table.push_str(&format!("{file}\t{outside}\t{name}: {}\n", mutation.name));
                }
            }
        }
    }
    fs::write(folder.join("trust/root.pem"), roots).unwrap();
    fs::write(folder.join("mutated.tsv"), table).unwrap();
}
