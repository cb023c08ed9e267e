//! Human codes of procedures, cases, agencies and communes: strings, read once at the border and
//! never treated as numbers (`1.001193` and `00031` keep their zeros).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that does not have the form of the code it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}")]
pub struct CodeError {
    /// What was expected, in English: "procedure code", "case number", …
    pub kind: &'static str,
}

macro_rules! code {
    ($(#[$about:meta])* $name:ident, $kind:literal, $valid:path) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads the code; blanks around it are not removed.
            ///
            /// # Errors
            /// [`CodeError`] when the text has another form.
            pub fn parse(text: &str) -> Result<Self, CodeError> {
                if $valid(text) { Ok(Self(text.to_owned())) } else { Err(CodeError { kind: $kind }) }
            }

            /// The code as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

code!(
    /// The national code of a procedure, `1.001193`, or of one of its cases, `1.001193.01`.
    ProcedureCode, "procedure code", is_procedure
);
code!(
    /// The number of a case: `H24.11824-20261121-0000001`, or the older `000.00.01.H29-240115-0001`.
    CaseNo, "case number", is_case
);
code!(
    /// The code of an agency: `H24.11824`, or the older `000.00.01.H29`.
    AgencyCode, "agency code", is_agency
);
code!(
    /// The five digits of a commune, ward or special zone.
    CommuneCode, "commune code", is_commune
);

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_procedure(text: &str) -> bool {
    let mut parts = text.split('.');
    let first = parts.next().is_some_and(|part| part.len() == 1 && digits(part) && part != "0");
    let second = parts.next().is_some_and(|part| part.len() == 6 && digits(part));
    let third = parts.next().is_none_or(|part| part.len() == 2 && digits(part));
    first && second && third && parts.next().is_none()
}

fn is_case(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let (Some(serial), Some(day), Some(agency)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let old = day.len() == 6 && serial.len() >= 4;
    let new = day.len() == 8 && serial.len() == 7;
    (old || new) && digits(day) && digits(serial) && is_agency_like(agency)
}

fn is_agency_like(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'.')
}

fn is_agency(text: &str) -> bool {
    is_agency_like(text) && text.split('.').all(|part| !part.is_empty())
}

fn is_commune(text: &str) -> bool {
    text.len() == 5 && digits(text)
}

impl ProcedureCode {
    /// The code of the procedure itself, without the two digits of a case.
    pub fn base(&self) -> ProcedureCode {
        ProcedureCode(self.0.chars().take(8).collect())
    }
}

impl CaseNo {
    /// The number of the `serial`-th case that an agency received on a day (from 1).
    ///
    /// # Errors
    /// [`CodeError`] when the serial is 0 or needs more than seven digits.
    pub fn issue(agency: &AgencyCode, day: Date, serial: u32) -> Result<Self, CodeError> {
        if serial == 0 || serial > 9_999_999 || day.year() < 1000 {
            return Err(CodeError { kind: "case number" });
        }
        let (year, month, day) = (day.year(), day.month(), day.day());
        Ok(Self(format!("{agency}-{year:04}{month:02}{day:02}-{serial:07}")))
    }

    /// The part before the day: the agency that received the case.
    pub fn agency(&self) -> &str {
        self.0.rsplitn(3, '-').nth(2).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn check<T>(read: fn(&str) -> Result<T, CodeError>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(read(text).is_ok(), "{text}");
        }
        for text in bad {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn codes_have_the_forms_of_the_circulars() {
        check(
            ProcedureCode::parse,
            &["1.001193", "6.116487", "1.001193.01"],
            &["0.001193", "1.01193", "1001193", "1.001193.1", "1.001193.01.01", " 1.001193", "1.00119３", ""],
        );
        check(
            CaseNo::parse,
            &[
                "000.00.01.H29-240115-0001",
                "000.00.01.H29-240115-00012",
                "G09.20-20260609-0092637",
                "H24.11824-20261121-0000001",
            ],
            &[
                "H24-20261121-001",
                "h24-20261121-0000001",
                "H24-2026112-0000001",
                "-240115-0001",
                "H24-240115",
                "ĐT1-240115-0001",
                "H24-240115-0001\n",
            ],
        );
        check(AgencyCode::parse, &["H24", "H24.S03", "000.00.01.H29"], &["", "H24.", ".H24", "h24", "H24-1", "Đ1"]);
        check(CommuneCode::parse, &["00031", "11824"], &["31", "118240", "1182a", ""]);
    }

    #[test]
    fn a_case_number_is_agency_day_and_seven_digits() {
        let agency = AgencyCode::parse("H24.11824").unwrap();
        let issued = CaseNo::issue(&agency, date(2026, 11, 21), 1).unwrap();
        assert_eq!(issued.as_str(), "H24.11824-20261121-0000001");
        assert_eq!(issued.agency(), "H24.11824");
        assert_eq!(CaseNo::parse(issued.as_str()), Ok(issued));
        assert!(CaseNo::issue(&agency, date(2026, 11, 21), 0).is_err());
        assert!(CaseNo::issue(&agency, date(2026, 11, 21), 10_000_000).is_err());
    }

    #[test]
    fn a_case_of_a_procedure_knows_its_procedure() {
        assert_eq!(ProcedureCode::parse("1.001193.01").unwrap().base().as_str(), "1.001193");
    }
}
