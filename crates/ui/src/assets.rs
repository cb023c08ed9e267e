//! Styles, fonts, icons and scripts, inside the binary. Their addresses carry a hash of all contents, so a browser
//! may keep them for ever; a new release has new addresses.

use crate::page::City;
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Write;
use std::sync::{LazyLock, OnceLock};

/// A file to answer with.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The bytes as they are.
    pub bytes: Cow<'static, [u8]>,
    /// The same, compressed with gzip; absent for files that are compressed in themselves (fonts).
    pub gzip: Option<&'static [u8]>,
    /// Value of `Content-Type`.
    pub media_type: &'static str,
    /// True when the address carries the current hash: `Cache-Control: public, max-age=31536000, immutable`;
    /// otherwise `no-cache`.
    pub immutable: bool,
}

struct Stored {
    name: &'static str,
    bytes: &'static [u8],
    media_type: &'static str,
    gzip: OnceLock<Vec<u8>>,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const WOFF2: &str = "font/woff2";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! stored {
    ($($name:literal, $path:literal, $media_type:expr;)*) => {
        [$(Stored { name: $name, bytes: include_bytes!(concat!("../assets/", $path)), media_type: $media_type, gzip: OnceLock::new() }),*]
    };
}

static FILES: LazyLock<Vec<Stored>> = LazyLock::new(|| {
    Vec::from(stored![
        "haidang.css", "css/haidang.css", CSS;
        "workbench.css", "css/workbench.css", CSS;
        "paper.css", "css/paper.css", CSS;
        "haidang.js", "js/haidang.js", JS;
        "workbench.js", "js/workbench.js", JS;
        "passkey.js", "js/passkey.js", JS;
        "mark.svg", "mark.svg", SVG;
        "mark-maskable.svg", "mark-maskable.svg", SVG;
        "icons.svg", "vendor/lucide/icons.svg", SVG;
        "htmx.min.js", "vendor/htmx/htmx.min.js", JS;
        "govuk/error-summary.js", "vendor/govuk-frontend/error-summary.bundle.mjs", JS;
        "govuk/character-count.js", "vendor/govuk-frontend/character-count.bundle.mjs", JS;
        "fonts/bvp-latin-400.woff2", "vendor/be-vietnam-pro/bvp-latin-400.woff2", WOFF2;
        "fonts/bvp-latin-700.woff2", "vendor/be-vietnam-pro/bvp-latin-700.woff2", WOFF2;
        "fonts/bvp-vietnamese-400.woff2", "vendor/be-vietnam-pro/bvp-vietnamese-400.woff2", WOFF2;
        "fonts/bvp-vietnamese-700.woff2", "vendor/be-vietnam-pro/bvp-vietnamese-700.woff2", WOFF2;
        "fonts/figures.woff2", "vendor/noto-sans-figures/figures.woff2", WOFF2;
    ])
});

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for file in FILES.iter() {
        hasher.update(file.name.as_bytes());
        hasher.update((file.bytes.len() as u64).to_be_bytes());
        hasher.update(file.bytes);
    }
    let mut text = HEXLOWER.encode(&hasher.finalize());
    text.truncate(12);
    text
});

impl Stored {
    fn gzip(&self) -> Option<&[u8]> {
        if self.media_type == WOFF2 {
            return None;
        }
        let packed = self.gzip.get_or_init(|| gzip(self.bytes));
        (!packed.is_empty()).then_some(packed)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    match encoder.write_all(bytes) {
        Ok(()) => encoder.finish().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Address of an asset by its name (`haidang.css`, `fonts/…`, `icons.svg`).
#[must_use]
pub fn href(name: &str) -> String {
    format!("/assets/{}/{name}", *HASH)
}

/// Address of one icon of the sprite.
#[must_use]
pub fn icon_href(name: &str) -> String {
    format!("/assets/{}/icons.svg#{name}", *HASH)
}

/// The asset at an address `/assets/<hash>/<name>`; a hash of another release still finds the file, but it may then
/// not be kept for ever.
#[must_use]
pub fn find(path: &str) -> Option<Asset> {
    let (hash, name) = path.strip_prefix("/assets/")?.split_once('/')?;
    let stored = FILES.iter().find(|file| file.name == name)?;
    Some(Asset {
        bytes: Cow::Borrowed(stored.bytes),
        gzip: stored.gzip(),
        media_type: stored.media_type,
        immutable: hash == *HASH,
    })
}

/// Names and sizes of everything embedded: `(name, bytes, bytes with gzip)`.
#[must_use]
pub fn sizes() -> Vec<(&'static str, usize, usize)> {
    FILES.iter().map(|file| (file.name, file.bytes.len(), file.gzip().map_or(file.bytes.len(), <[u8]>::len))).collect()
}

/// Files with a fixed address: manifest, service worker, robots, icon. Never immutable.
#[must_use]
pub fn site_file(path: &str, city: &City) -> Option<Asset> {
    let (bytes, media_type) = match path {
        "/manifest.webmanifest" => (manifest(city), "application/manifest+json"),
        "/sw.js" => (service_worker(), JS),
        "/robots.txt" => (ROBOTS.to_owned(), TEXT),
        "/favicon.ico" => (String::from_utf8_lossy(include_bytes!("../assets/mark.svg")).into_owned(), SVG),
        _ => return None,
    };
    Some(Asset { bytes: Cow::Owned(bytes.into_bytes()), gzip: None, media_type, immutable: false })
}

/// Paths that [`site_file`] answers.
pub const SITE_FILES: &[&str] = &["/manifest.webmanifest", "/sw.js", "/robots.txt", "/favicon.ico"];

const ROBOTS: &str = "User-agent: *\nDisallow: /api/\nDisallow: /vi/ho-so\nDisallow: /en/ho-so\nDisallow: /vi/giay-to\nDisallow: /en/giay-to\nDisallow: /vi/can-bo\nDisallow: /en/can-bo\nDisallow: /kq/\n";

fn manifest(city: &City) -> String {
    serde_json::json!({
        "name": city.portal.vi,
        "short_name": city.portal.vi,
        "lang": "vi",
        "start_url": "/vi",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#08344f",
        "icons": [
            { "src": href("mark.svg"), "sizes": "any", "type": SVG, "purpose": "any" },
            { "src": href("mark-maskable.svg"), "sizes": "any", "type": SVG, "purpose": "maskable" },
        ],
    })
    .to_string()
}

fn service_worker() -> String {
    let shell: Vec<String> = FILES
        .iter()
        .filter(|file| {
            !matches!(
                file.name,
                "workbench.css" | "paper.css" | "workbench.js" | "passkey.js" | "htmx.min.js" | "mark-maskable.svg"
            )
        })
        .filter(|file| !file.name.starts_with("govuk/"))
        .map(|file| href(file.name))
        .chain(["/vi/ngoai-tuyen".to_owned(), "/en/ngoai-tuyen".to_owned()])
        .collect();
    include_str!("../assets/js/sw.js")
        .replace("\"%HASH%\"", &serde_json::Value::from(HASH.as_str()).to_string())
        .replace("[\"%SHELL%\"]", &serde_json::Value::from(shell).to_string())
}
