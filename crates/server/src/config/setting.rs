//! The kinds of value a key may have.

use std::net::SocketAddr;
use std::path::PathBuf;

use toml::Value;

/// A value that can be read from TOML and from the environment, and shown again.
pub trait Setting: Sized {
    /// Kind in words, for the reference page and for faults.
    const KIND: &'static str;
    /// Reads a TOML value.
    fn from_toml(value: &Value) -> Result<Self, String>;
    /// Reads an environment variable.
    fn from_text(text: &str) -> Result<Self, String>;
    /// Writes it as in TOML; secrets as `***`.
    fn show(&self) -> String;
}

fn expected<S: Setting>(value: &Value) -> String {
    format!("expected {}, found {}", S::KIND, value.type_str())
}

/// Kinds that are strings in TOML.
macro_rules! textual {
    ($kind:ty, $words:literal, $read:expr, $show:expr) => {
        impl Setting for $kind {
            const KIND: &'static str = $words;
            fn from_toml(value: &Value) -> Result<Self, String> {
                value.as_str().ok_or_else(|| expected::<Self>(value)).and_then(Self::from_text)
            }
            fn from_text(text: &str) -> Result<Self, String> {
                let read: fn(&str) -> Result<Self, String> = $read;
                read(text)
            }
            fn show(&self) -> String {
                let show: fn(&Self) -> String = $show;
                format!("{:?}", show(self))
            }
        }
    };
}

textual!(String, "text", |text| Ok(text.to_owned()), Clone::clone);
textual!(PathBuf, "path", |text| Ok(PathBuf::from(text)), |path| path.display().to_string());
textual!(
    SocketAddr,
    "address and port",
    |text| text.parse().map_err(|_| format!("expected an address and port such as 127.0.0.1:8080, found {text:?}")),
    ToString::to_string
);
textual!(
    Environment,
    "`production`, `demo` or `test`",
    |text| match text {
        "production" => Ok(Environment::Production),
        "demo" => Ok(Environment::Demo),
        "test" => Ok(Environment::Test),
        _ => Err(format!("expected production, demo or test, found {text:?}")),
    },
    |environment| environment.name().to_owned()
);
textual!(
    LogFormat,
    "`auto`, `json` or `text`",
    |text| match text {
        "auto" => Ok(LogFormat::Auto),
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err(format!("expected auto, json or text, found {text:?}")),
    },
    |format| match format {
        LogFormat::Auto => "auto",
        LogFormat::Json => "json",
        LogFormat::Text => "text",
    }
    .to_owned()
);
textual!(Secret, "text, secret", |text| Ok(Secret(text.to_owned())), |secret| {
    if secret.0.is_empty() { String::new() } else { "***".to_owned() }
});

impl Setting for bool {
    const KIND: &'static str = "`true` or `false`";
    fn from_toml(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| expected::<Self>(value))
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("expected true or false, found {text:?}"))
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for u64 {
    const KIND: &'static str = "whole number";
    fn from_toml(value: &Value) -> Result<Self, String> {
        let number = value.as_integer().ok_or_else(|| expected::<Self>(value))?;
        u64::try_from(number).map_err(|_| format!("expected a whole number from 0, found {number}"))
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("expected a whole number from 0, found {text:?}"))
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for Vec<String> {
    const KIND: &'static str = "list of texts";
    fn from_toml(value: &Value) -> Result<Self, String> {
        let list = value.as_array().ok_or_else(|| expected::<Self>(value))?;
        list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| expected::<Self>(item))).collect()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
}

/// Whether the data of the city are real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// Real people: simulators are refused, logs are JSON.
    #[default]
    Production,
    /// Invented people; every page says so.
    Demo,
    /// Automatic tests.
    Test,
}

impl Environment {
    /// The word in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Demo => "demo",
            Environment::Test => "test",
        }
    }
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// JSON in production, text elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// A text that `Debug` and `config check` never print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret from a test or the command line.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "***" })
    }
}
