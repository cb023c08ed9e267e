//! What registers say for the questions of a form: asked when it begins, and again when an answer makes a question one
//! that a register can answer. What was known only because of an answer goes with that answer.

use super::drafts::DraftView;
use crate::form::apply;
use crate::procedure::Prefill;
use crate::service::Services;
use haidang_contracts::actor::Actor;
use haidang_contracts::identity::PersonRecord;
use haidang_contracts::once_only::{Known, Occasion, Question};
use haidang_kernel::problem::Problem;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What new answers of a form change in what registers have to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// To be asked now. Only what nobody has answered yet: a register is not asked for what is not needed (Luật Bảo vệ
    /// dữ liệu cá nhân 91/2025/QH15).
    pub ask: Vec<Prefill>,
    /// Fields whose known value applied to the earlier answers only.
    pub dropped: Vec<String>,
}

impl Shift {
    /// Compares what could be filled in before and after. What applied before has been asked already, and a register that
    /// was silent then is not asked with every page.
    pub fn between(before: &[Prefill], after: &[Prefill], known: &BTreeMap<String, Known>, answers: &Json) -> Shift {
        let ask = after
            .iter()
            .filter(|prefill| !before.contains(prefill) && answers.get(&prefill.field).is_none())
            .cloned()
            .collect();
        let applies = |field: &str, source: &str| after.iter().any(|one| one.field == field && one.source == source);
        let dropped = known
            .iter()
            .filter(|(field, known)| !applies(field, &known.source))
            .map(|(field, _)| field.clone())
            .collect();
        Shift { ask, dropped }
    }

    /// Answers that were taken over from a register and no longer apply: the mother's name must not stay in the form as
    /// the father's. What is typed with this very page stays.
    pub fn outdated(&self, known: &BTreeMap<String, Known>, answers: &Json, typed: &Map<String, Json>) -> Vec<String> {
        let taken_over = |field: &String| known.get(field).map(|known| &known.value) == answers.get(field);
        self.dropped.iter().filter(|field| !typed.contains_key(*field) && taken_over(field)).cloned().collect()
    }
}

impl Services {
    /// What is known once these answers stand, and, when registers had to be asked for it, the fields that they filled.
    /// Answers that a register gave for a reason that is gone are taken out.
    pub(super) async fn known_after(
        &self,
        actor: &Actor,
        view: &DraftView,
        answers: &mut Json,
        typed: &Map<String, Json>,
    ) -> Result<(BTreeMap<String, Known>, Option<Vec<String>>), Problem> {
        let facts = self.facts(&view.version, answers, view.row.channel, &view.owner, view.receiving.as_ref());
        let (before, after) = (view.version.prefills(&view.facts), view.version.prefills(&facts));
        let shift = Shift::between(&before, &after, &view.known, answers);
        for field in shift.outdated(&view.known, answers, typed) {
            apply(answers, &Map::from_iter([(field, Json::Null)]));
        }
        let mut known = view.known.clone();
        known.retain(|field, _| !shift.dropped.contains(field));
        // What was said for another question of this form is not asked a second time.
        let said = |source: &str| view.known.values().find(|known| known.source == source);
        let (repeated, ask): (Vec<Prefill>, Vec<Prefill>) =
            shift.ask.into_iter().partition(|prefill| said(&prefill.source).is_some());
        known.extend(repeated.into_iter().filter_map(|prefill| Some((prefill.field, said(&prefill.source)?.clone()))));
        if ask.is_empty() {
            return Ok((known, None));
        }
        let occasion = Occasion {
            procedure: view.row.procedure_code.clone(),
            issue: view.row.id.to_string(),
            acting: actor.person.clone(),
        };
        let found = self.ask_registers(ask, &view.owner, &occasion).await?;
        let fields = found.keys().cloned().collect();
        known.extend(found);
        Ok((known, Some(fields)))
    }

    /// What the registers know of the owner of a form, by field key. A field that several sources could fill takes the
    /// last that knows it.
    pub(super) async fn ask_registers(
        &self,
        prefills: Vec<Prefill>,
        person: &PersonRecord,
        occasion: &Occasion,
    ) -> Result<BTreeMap<String, Known>, Problem> {
        let questions: Vec<Question> = prefills
            .iter()
            .map(|prefill| Question { subject: person.id.clone(), source: prefill.source.clone() })
            .collect();
        let answers = match self.once_only.known(occasion, &questions).await {
            Ok(answers) => answers,
            // A silent register must not stop anyone from filing: the question is asked instead.
            Err(error) => {
                tracing::warn!(error = %error, "registers do not answer; the form asks instead");
                Vec::new()
            }
        };
        Ok(prefills
            .into_iter()
            .filter_map(|prefill| {
                answers.iter().find(|known| known.source == prefill.source).map(|known| (prefill.field, known.clone()))
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haidang_kernel::bilingual::Bilingual;
    use serde_json::json;

    fn prefill((field, source): &(&str, &str)) -> Prefill {
        Prefill { field: (*field).to_owned(), source: (*source).to_owned(), confirm: true }
    }

    fn known((field, source): &(&str, &str)) -> (String, Known) {
        let known = Known {
            source: (*source).to_owned(),
            value: json!(format!("{source} says")),
            register: Bilingual::vietnamese("sổ"),
            legal_basis: "26/2023/QH15".to_owned(),
            as_of: "2026-08-27".to_owned(),
        };
        ((*field).to_owned(), known)
    }

    const MOTHER: (&str, &str) = ("mother_full_name", "population.full_name");
    const NOTICE: (&str, &str) = ("mother_full_name", "birth_notice.mother_name");
    const FATHER: (&str, &str) = ("father_full_name", "population.full_name");

    type Rows = &'static [(&'static str, &'static str)];

    /// Pairs of field and source; answers and what was typed with this page as JSON.
    #[derive(Default)]
    struct Case {
        before: Rows,
        after: Rows,
        known: Rows,
        answers: Json,
        typed: Json,
        ask: Rows,
        dropped: &'static [&'static str],
        outdated: &'static [&'static str],
    }

    fn check(name: &str, case: &Case) {
        let list = |rows: Rows| rows.iter().map(prefill).collect::<Vec<_>>();
        let known: BTreeMap<String, Known> = case.known.iter().map(known).collect();
        let shift = Shift::between(&list(case.before), &list(case.after), &known, &case.answers);
        assert_eq!(shift.ask, list(case.ask), "{name}: asked");
        assert_eq!(shift.dropped, case.dropped, "{name}: dropped");
        let typed = case.typed.as_object().cloned().unwrap_or_default();
        assert_eq!(shift.outdated(&known, &case.answers, &typed), case.outdated, "{name}: outdated");
    }

    #[test]
    fn registers_are_asked_as_answers_make_it_useful() {
        const NAME: &[&str] = &["mother_full_name"];
        let taken_over = json!({ "mother_full_name": "population.full_name says" });
        let own = json!({ "mother_full_name": "Trần Thị Khác" });
        for (name, case) in [
            (
                "nothing changes",
                Case {
                    before: &[MOTHER],
                    after: &[MOTHER],
                    known: &[MOTHER],
                    answers: taken_over.clone(),
                    ..Case::default()
                },
            ),
            ("an answer makes it apply", Case { after: &[MOTHER], ask: &[MOTHER], ..Case::default() }),
            ("a silent register is left alone", Case { before: &[MOTHER], after: &[MOTHER], ..Case::default() }),
            ("answered already", Case { after: &[MOTHER], answers: own.clone(), ..Case::default() }),
            (
                "another source for the same field",
                Case {
                    before: &[NOTICE],
                    after: &[MOTHER],
                    known: &[NOTICE],
                    ask: &[MOTHER],
                    dropped: NAME,
                    ..Case::default()
                },
            ),
            (
                "the father after all",
                Case {
                    before: &[MOTHER],
                    after: &[FATHER],
                    known: &[MOTHER],
                    answers: taken_over.clone(),
                    ask: &[FATHER],
                    dropped: NAME,
                    outdated: NAME,
                    ..Case::default()
                },
            ),
            (
                "corrected by hand before",
                Case { before: &[MOTHER], known: &[MOTHER], answers: own, dropped: NAME, ..Case::default() },
            ),
            (
                "typed with this very page",
                Case {
                    before: &[MOTHER],
                    known: &[MOTHER],
                    answers: taken_over.clone(),
                    typed: taken_over,
                    dropped: NAME,
                    ..Case::default()
                },
            ),
        ] {
            check(name, &case);
        }
    }
}
