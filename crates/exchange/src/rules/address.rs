//! The address of a call: `/r1/{instance}/{class}/{member}/{subsystem}/{service}[/path][?query]`.

use super::fault::{Fault, Leaf};
use super::identifier::{MemberId, SubsystemId};
use super::identifier::{PartError, ServiceId, decode_part};
use super::path::{self, Readings};

/// The longest request target in bytes that is accepted unless configured otherwise.
pub const LONGEST_TARGET: usize = 8 * 1024;

/// What was asked for, with everything that travels on kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The service, decoded.
    pub service: ServiceId,
    /// What follows the service code, as it came; empty or beginning with `/`.
    pub path: String,
    /// What follows `?`, as it came.
    pub query: Option<String>,
    /// How the path may be understood.
    pub readings: Readings,
}

impl Address {
    /// Reads a request target that begins with `/r1/`.
    ///
    /// # Errors
    /// `client.bad_request` for what is unreadable or ambiguous, `server.clientproxy.invalid_request` for parts that
    /// are missing (that is what X-Road's code answers, against its document).
    pub fn parse(target: &str, longest: usize) -> Result<Self, Fault> {
        if target.len() > longest {
            return Err(Fault::client(Leaf::BadRequest, format!("The request target is longer than {longest} bytes")));
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let rest = path.strip_prefix("/r1/").ok_or_else(too_short)?;
        let mut pieces = rest.splitn(6, '/');
        let mut part =
            || -> Result<String, Fault> { decode_part(pieces.next().ok_or_else(too_short)?).map_err(unreadable) };
        let member = MemberId { instance: part()?, class: part()?, code: part()? };
        let subsystem = SubsystemId { member, code: part()? };
        let service = ServiceId { subsystem, code: part()? };
        let path = pieces.next().map(|rest| format!("/{rest}")).unwrap_or_default();
        let readings = path::read(&path)
            .map_err(|error| Fault::client(Leaf::BadRequest, format!("The path of the service holds {error}")))?;
        Ok(Self { service, path, query, readings })
    }
}

fn too_short() -> Fault {
    Fault::consumer_side(
        Leaf::InvalidRequest,
        "The address must name instance, member class, member code, subsystem and service after /r1",
    )
}

fn unreadable(error: PartError) -> Fault {
    match error {
        PartError::Empty => too_short(),
        _ => Fault::client(Leaf::BadRequest, format!("The address holds {error} in an identifier")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, expected: Result<(&str, &str, Option<&str>), &str>) {
        let found = Address::parse(target, LONGEST_TARGET);
        let found = found.as_ref().map(|a| (a.service.to_string(), a.path.clone(), a.query.clone()));
        let expected = expected.map(|(s, p, q)| (s.to_owned(), p.to_owned(), q.map(str::to_owned)));
        match (found, expected) {
            (Ok(found), expected) => assert_eq!(Ok(found), expected, "{target}"),
            (Err(fault), expected) => {
                assert_eq!(
                    Err::<(), _>(fault.code(super::super::fault::Style::V78).as_str()),
                    expected.map(|_| ()),
                    "{target}"
                );
            }
        }
    }

    #[test]
    fn five_parts_and_the_rest_untouched() {
        check("/r1/I/C/M/S/V", Ok(("I/C/M/S/V", "", None)));
        check("/r1/I/C/M/S/V/", Ok(("I/C/M/S/V", "/", None)));
        check("/r1/I/C/M/S/%56/a%20b?x=/../%zz&y", Ok(("I/C/M/S/V", "/a%20b", Some("x=/../%zz&y"))));
        check("/r1/I/C/a%2Fb/S/V?", Ok(("I/C/a%2Fb/S/V", "", Some(""))));
        for short in
            ["/r1/", "/r1/I/C/M", "/r1/I/C/M/S", "/r1/I/C/M/S/", "/r1//C/M/S/V", "/r2/I/C/M/S/V", "/r1/invalid"]
        {
            check(short, Err("server.clientproxy.invalid_request"));
        }
        for bad in ["/r1/I/C/M/S/a%07b", "/r1/I/%/M/S/V", "/r1/I/C/M/S/V/../x", "/r1/I/C/M/S/%ff"] {
            check(bad, Err("client.bad_request"));
        }
        check(&format!("/r1/I/C/M/S/V/{}", "a".repeat(LONGEST_TARGET)), Err("client.bad_request"));
    }
}
