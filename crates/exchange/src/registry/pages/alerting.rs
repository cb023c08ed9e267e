//! Telling the operator of what fails or ends, beside the pages that show it.

use haidang_contracts::actor::PersonId;
use haidang_contracts::messages::{Message, Notifier};
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_ui::Lang;

use super::RegistryRoom;
use super::overview::{Counted, is_resting, read_certificates};
use super::view::View;
use crate::operations::rules::Health;
use crate::registry::rules::alerts::{Alert, certificate, failing, stamping};
use crate::registry::rules::certificates::term;

impl RegistryRoom {
    /// What fails or ends now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn alerts(&self) -> Result<Vec<Alert>, Problem> {
        let view = View::read(self).await?;
        let mut found = Vec::new();
        if view.is_empty() {
            return Ok(found);
        }
        let (counted, live, now) = (Counted::read(self).await?, self.live(), self.parts.ambient.now());
        let services = view.services(None)?;
        for service in &services {
            let health = counted.health(service, is_resting(live.as_ref(), service));
            if matches!(health, Health::Failing | Health::Resting) {
                let figures = counted.lately(service).figures;
                let (id, day) = (service.id.to_string(), time::civil(now).date());
                found.push(failing(&id, service.name(), figures.failed, figures.calls, day));
            }
        }
        let mut ends = |texts: &[String], whose: &str| {
            for one in read_certificates(texts) {
                let fingerprint = data_encoding::HEXLOWER.encode(&one.fingerprint());
                let until = format::date_short(Lang::Vi, time::civil(one.not_after()).date());
                let term = term(one.not_before(), one.not_after(), now);
                found.extend(certificate(&fingerprint, whose, term, &until));
            }
        };
        for system in view.all_systems()? {
            ends(&system.draft.certificates, system.name());
        }
        for service in &services {
            if let Some(tls) = &service.draft.tls {
                ends(&tls.certificates, service.name());
                ends(&tls.authorities, service.name());
            }
        }
        let state = live.and_then(|live| live.log).map(|log| log.stamping_state());
        if let Some((since, from)) = state.and_then(|state| state.failing_since.zip(state.refuses_from)) {
            let text = |at| format::date_time_text(Lang::Vi, at);
            found.push(stamping(since, &text(since), &text(from)));
        }
        Ok(found)
    }

    /// Tells each of these people what fails or ends, each cause once.
    ///
    /// # Errors
    /// What the database or the messages say; what was told before is not told again.
    pub async fn tell(&self, alerts: &[Alert], people: &[PersonId], notifier: &dyn Notifier) -> Result<(), Problem> {
        for alert in alerts {
            for person in people {
                let message = Message {
                    key: format!("{}:{person}", alert.key),
                    to: person.clone(),
                    template: alert.template.to_owned(),
                    data: alert.data.clone(),
                    case_id: None,
                };
                notifier.send(&message).await?;
            }
        }
        Ok(())
    }
}
