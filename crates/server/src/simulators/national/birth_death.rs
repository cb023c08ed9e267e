//! System 4, the linked services for births, deaths and marriages. Seen: the one address and the words of its modules; the
//! rest follows the civil status service, which the same public client sends the same body to.

use axum::http::StatusCode;

use super::civil_status;
use super::messages::{Answer, Asked};
use super::{NationalSimulator, System};

/// Linked birth, death, marriage.
const MODULES: &[&str] = &["LTKS", "LTKT", "LTKH"];

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    if asked.path != "/apiLienThongKSKT/1.0/nhanHoSoDKHT" {
        return Answer::gateway(StatusCode::NOT_FOUND);
    }
    let given = match civil_status::admitted(simulator, System::BirthDeath, asked) {
        Ok(given) => given,
        Err(refused) => return refused,
    };
    let filed = civil_status::file(simulator, System::BirthDeath, MODULES, &given);
    filed.unwrap_or_else(|wrong| civil_status::refused(&simulator.error(System::BirthDeath, wrong)))
}
