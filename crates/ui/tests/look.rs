//! The stylesheets: colours keep their contrast, nothing of others' identity slips in, the weight stays in its budget.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use haidang_ui::assets;
use std::collections::BTreeMap;

fn sheet(name: &str) -> String {
    String::from_utf8(assets::find(&assets::href(name)).unwrap().bytes.into_owned()).unwrap()
}

/// Custom properties of the first rule whose selector list ends with `selector`.
fn properties(css: &str, marker: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for block in css.split('}').filter(|block| block.contains(marker)) {
        let Some((_, body)) = block.rsplit_once('{') else { continue };
        for declaration in body.split(';') {
            if let Some((name, value)) = declaration.split_once(':')
                && name.starts_with("--")
            {
                found.entry(name.to_owned()).or_insert_with(|| value.trim().to_owned());
            }
        }
    }
    found
}

fn luminance(colour: &str) -> f64 {
    let digits = colour.trim_start_matches('#');
    let long: String =
        if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&long[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

fn ratio(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn light_colours_keep_their_contrast() {
    let css = sheet("haidang.css");
    let govuk = properties(&css, "--govuk-text-colour: #");
    let own = properties(&css, "--hd-header: #");
    let colour = |name: &str| {
        let key = if name.starts_with("hd-") { format!("--{name}") } else { format!("--govuk-{name}-colour") };
        govuk.get(&key).or_else(|| own.get(&key)).unwrap_or_else(|| panic!("no {key}")).clone()
    };
    // (foreground, background, ratio of the design, least allowed)
    let cases = [
        ("text", "body-background", 16.80, 4.5),
        ("text", "surface-background", 14.95, 4.5),
        ("secondary-text", "body-background", 7.37, 4.5),
        ("secondary-text", "surface-background", 6.56, 4.5),
        ("brand", "body-background", 8.70, 4.5),
        ("body-background", "hd-header", 13.01, 4.5),
        ("link", "body-background", 7.27, 4.5),
        ("link", "surface-background", 6.46, 4.5),
        ("link-visited", "body-background", 8.60, 4.5),
        ("link-hover", "body-background", 12.98, 4.5),
        ("hd-flame", "body-background", 4.85, 3.0),
        ("hd-flame-on-dark", "hd-header", 5.62, 3.0),
        ("error", "body-background", 7.17, 4.5),
        ("error", "hd-tint-error", 6.29, 4.5),
        ("success", "body-background", 6.60, 4.5),
        ("hd-on-success", "hd-tint-success", 7.33, 4.5),
        ("hd-on-warning", "body-background", 7.48, 4.5),
        ("hd-on-warning", "hd-tint-warning", 6.78, 4.5),
        ("focus-text", "focus", 11.71, 4.5),
        ("focus-text", "body-background", 16.80, 3.0),
        ("surface-border", "body-background", 4.08, 3.0),
        ("hd-on-mark", "brand", 8.70, 4.5),
        ("hd-chart-1", "body-background", 8.70, 3.0),
        ("hd-chart-2", "body-background", 4.85, 3.0),
        ("hd-chart-3", "body-background", 3.11, 3.0),
        ("hd-chart-4", "body-background", 12.52, 3.0),
        ("hd-chart-5", "body-background", 4.78, 3.0),
        ("hd-chart-6", "body-background", 3.48, 3.0),
    ];
    for (front, back, design, least) in cases {
        let found = ratio(&colour(front), &colour(back));
        assert!(found >= least, "{front} on {back}: {found:.2} < {least}");
        assert!((found - design).abs() < 0.02, "{front} on {back}: {found:.2}, the design says {design}");
    }
    assert!(ratio("#0f7a52", "#ffffff") > 5.3 && css.contains("#0f7a52"), "main button");
    assert!(ratio("#b00a2f", "#ffffff") > 7.0, "dangerous button");
}

#[test]
fn dark_colours_keep_their_contrast() {
    let css = sheet("workbench.css");
    let dark = properties(&css, "--govuk-text-colour: #e9eff4");
    let light = properties(&sheet("haidang.css"), "--govuk-text-colour: #");
    let colour = |name: &str| {
        let key = if name.starts_with("hd-") { format!("--{name}") } else { format!("--govuk-{name}-colour") };
        dark.get(&key).or_else(|| light.get(&key)).unwrap_or_else(|| panic!("no {key}")).clone()
    };
    let cases = [
        ("text", "surface-background", 13.52, 4.5),
        ("secondary-text", "surface-background", 7.71, 4.5),
        ("link", "surface-background", 8.42, 4.5),
        ("link-visited", "surface-background", 8.19, 4.5),
        ("error", "surface-background", 7.96, 4.5),
        ("success", "surface-background", 9.10, 4.5),
        ("hd-on-warning", "surface-background", 10.39, 4.5),
        ("surface-border", "surface-background", 4.11, 3.0),
        ("focus", "body-background", 12.63, 3.0),
        ("hd-chart-1", "surface-background", 8.42, 3.0),
        ("hd-chart-2", "surface-background", 6.78, 3.0),
        ("hd-chart-3", "surface-background", 12.99, 3.0),
        ("hd-chart-4", "surface-background", 10.28, 3.0),
        ("hd-chart-5", "surface-background", 3.97, 3.0),
        ("hd-chart-6", "surface-background", 3.24, 3.0),
    ];
    for (front, back, design, least) in cases {
        let found = ratio(&colour(front), &colour(back));
        assert!(found >= least, "{front} on {back}: {found:.2} < {least}");
        assert!((found - design).abs() < 0.02, "{front} on {back}: {found:.2}, the design says {design}");
    }
    for (front, back) in [
        ("error", "hd-tint-error"),
        ("hd-on-success", "hd-tint-success"),
        ("hd-on-warning", "hd-tint-warning"),
        ("text", "hd-tint-info"),
        ("text", "hd-selected"),
        ("hd-on-mark", "brand"),
        ("hd-on-mark", "hd-on-warning"),
        ("hd-on-mark", "error"),
        ("hd-on-mark", "success"),
    ] {
        let found = ratio(&colour(front), &colour(back));
        assert!(found >= 4.5, "{front} on {back}: {found:.2}");
    }
}

#[test]
fn nothing_of_others_identity_and_no_foreign_address() {
    for name in ["haidang.css", "workbench.css", "paper.css"] {
        let css = sheet(name);
        for word in ["GDS Transport", "crest", "crown", "url(http", "url(//", "@import", "gov.uk"] {
            assert!(!css.contains(word), "{name} has {word}");
        }
        for address in css.split("url(").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = assets::href(address.trim_matches(['"', '\'']));
            assert!(assets::find(&path).is_some(), "{name} asks for {address}");
        }
    }
}

#[test]
fn weights_stay_in_their_budget() {
    let sizes: BTreeMap<&str, usize> = assets::sizes().into_iter().map(|(name, _, packed)| (name, packed)).collect();
    let of = |names: &[&str]| names.iter().map(|name| sizes[name]).sum::<usize>();
    let fonts: Vec<&str> = sizes.keys().copied().filter(|name| name.ends_with(".woff2")).collect();
    for (what, bytes, most) in [
        ("styles of residents", of(&["haidang.css"]), 15_000),
        ("styles of officials", of(&["workbench.css"]), 5_000),
        ("script of every page", of(&["haidang.js"]), 1_500),
        (
            "all scripts of a form with counters",
            of(&["haidang.js", "govuk/error-summary.js", "govuk/character-count.js"]),
            25_000,
        ),
        ("text fonts", of(&fonts) - sizes["fonts/figures.woff2"], 52_000),
        ("icons", of(&["icons.svg"]), 4_000),
    ] {
        assert!(bytes <= most, "{what}: {bytes} bytes compressed, budget {most}");
    }
}

#[test]
fn an_asset_is_immutable_only_under_its_own_hash() {
    let current = assets::href("haidang.css");
    assert!(assets::find(&current).unwrap().immutable);
    assert!(!assets::find("/assets/000000000000/haidang.css").unwrap().immutable);
    for wrong in ["/assets/haidang.css", "/assets/x/../../etc/passwd", "/assets/x/", "/vi/haidang.css"] {
        assert!(assets::find(wrong).is_none(), "{wrong}");
    }
    let city = haidang_ui::City { portal: haidang_ui::Bilingual::vietnamese("Cổng Mẫu"), ..Default::default() };
    for path in assets::SITE_FILES {
        assert!(!assets::site_file(path, &city).unwrap().bytes.is_empty(), "{path}");
    }
    let manifest = assets::site_file("/manifest.webmanifest", &city).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.bytes).unwrap();
    assert_eq!(manifest["name"], "Cổng Mẫu");
    let worker = String::from_utf8(assets::site_file("/sw.js", &city).unwrap().bytes.into_owned()).unwrap();
    assert!(worker.contains(&current) && worker.contains("/vi/ngoai-tuyen") && !worker.contains('%'));
}
