//! Questions from data: every widget of a form as the component that asks it.

use crate::form::{self, AnswerError, CodeLists, Requirement, Widget};
use crate::procedure::expression::Surroundings;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::format;
use haidang_ui::component::{Choices, DateField, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle, id_of};
use haidang_ui::{Html, IntoHtml, Lang, t};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Most options shown as radios; more become a list to choose from.
const MOST_RADIOS: usize = 8;

/// What was typed or is known, by the name of the input.
#[derive(Debug, Clone, Default)]
pub(super) struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// From the pairs of a form or of stored answers.
    pub(super) fn new(pairs: &[(String, String)]) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            values.entry(name.clone()).or_default().push(value.clone());
        }
        Self(values)
    }

    fn first(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.0.get(name).is_some_and(|values| values.iter().any(|known| known == value))
    }

    /// Numbers of the entries of a list that have any input.
    fn entries(&self, name: &str) -> BTreeSet<usize> {
        let prefix = format!("{name}.");
        self.0.keys().filter_map(|key| key.strip_prefix(&prefix)?.split('.').next()?.parse().ok()).collect()
    }
}

/// Messages of wrong answers, each with the input it leads to.
pub(super) fn error_items(lang: Lang, errors: &[AnswerError]) -> Vec<ErrorItem> {
    errors
        .iter()
        .filter(|error| !error.warning)
        .map(|error| {
            // The first input of a date carries the id of the whole.
            let name = error.field.strip_suffix(".day").unwrap_or(&error.field);
            ErrorItem::of(name, error.message.text(lang))
        })
        .collect()
}

/// Everything a question is drawn with.
pub(super) struct Asking<'a> {
    pub lang: Lang,
    pub today: Date,
    pub codes: &'a CodeLists,
    pub values: &'a Values,
    pub errors: &'a [ErrorItem],
    /// What conditions are judged on now.
    pub surroundings: &'a Surroundings,
    /// Entries shown of a list beyond those with values, after "Thêm".
    pub entries: &'a BTreeMap<String, usize>,
}

impl Asking<'_> {
    fn say(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }

    fn words(&self, text: &Bilingual) -> (String, Lang) {
        let (text, lang) = text.get(self.lang);
        (text.to_owned(), lang)
    }

    /// Whether it may be left out. A group whose condition does not hold now may; a single input keeps its plain label,
    /// for another answer on the same page may still demand it.
    fn optional(&self, field: &form::Field) -> bool {
        field.is_optional() || (field.widget.is_record() && !field.is_required(self.surroundings))
    }

    fn base(&self, field: &form::Field, name: &str, style: LabelStyle) -> Field {
        let (label, lang) = self.words(field.ask.as_ref().unwrap_or(&field.label));
        let mut base = Field::new(self.lang, name, label)
            .style(style)
            .optional(self.optional(field))
            .label_lang(lang)
            .errors(self.errors);
        if let Some(hint) = &field.hint {
            base = base.hint(hint.text(self.lang));
        }
        if field.options_from.as_deref() == Some("communes") && field.is_optional() {
            // Demanded inside the city, impossible outside: neither "optional" nor a bare label tells the truth.
            base = base.optional(false).hint(self.say("services-hint-commune"));
        }
        if let Some(purpose) = autocomplete(field) {
            base = base.autocomplete(purpose);
        }
        base
    }

    /// Draws a field under its name.
    pub(super) fn draw(&self, field: &form::Field, name: &str, style: LabelStyle) -> Html {
        self.draw_in(field, name, style, true)
    }

    /// The same inside a group; `needed` says whether the group must be answered.
    fn draw_in(&self, field: &form::Field, name: &str, style: LabelStyle, needed: bool) -> Html {
        let typed = self.values.first(name);
        let base = self.base(field, name, style);
        match field.widget {
            Widget::Text => TextInput::new(base).value(typed).into_html(),
            Widget::LongText => {
                let area = TextArea::new(base).value(typed);
                match field.max_length().and_then(|most| u32::try_from(most).ok()) {
                    Some(most) => area.limit(most).into_html(),
                    None => area.into_html(),
                }
            }
            Widget::Date | Widget::PartialDate => self.date(field, base, name),
            Widget::Time => self.hinted(base, "services-hint-time", typed).width(5).figures().into_html(),
            Widget::CitizenNo => self.hinted(base, "services-hint-citizen-no", typed).width(20).numeric().into_html(),
            Widget::TaxNo => self.hinted(base, "services-hint-tax-no", typed).width(20).figures().into_html(),
            Widget::Phone => {
                self.hinted(base, "services-hint-phone", typed).kind("tel").width(20).figures().into_html()
            }
            Widget::Email => self.hinted(base, "services-hint-email", typed).kind("email").into_html(),
            Widget::Money => self
                .hinted(base, "services-hint-money", typed)
                .width(20)
                .numeric()
                .suffix(self.say("services-dong"))
                .into_html(),
            Widget::Integer => {
                let input = TextInput::new(base).value(typed).width(10).numeric();
                match &field.unit {
                    Some(unit) => input.suffix(unit.text(self.lang)).into_html(),
                    None => input.into_html(),
                }
            }
            Widget::Area => self.hinted(base, "services-hint-area", typed).width(10).figures().suffix("m²").into_html(),
            Widget::Enum => self.one_of(field, base, name, needed),
            Widget::Set => {
                Choices::checkboxes(base, self.options(field, |value| self.values.has(name, value))).into_html()
            }
            Widget::Boolean => self.truth(field, base, name),
            Widget::Address | Widget::IdPaper | Widget::PersonRef => self.record(field, base, name, style, needed),
            Widget::List => self.list(field, base, name, style),
        }
    }

    fn hinted(&self, base: Field, hint: &str, typed: &str) -> TextInput {
        let base = if base.hint.is_none() { base.hint(self.say(hint)) } else { base };
        TextInput::new(base).value(typed)
    }

    fn date(&self, field: &form::Field, base: Field, name: &str) -> Html {
        let base = if base.hint.is_some() {
            base
        } else if field.widget == Widget::PartialDate {
            base.hint(self.say("services-hint-partial-date"))
        } else {
            base.hint(self.say("services-hint-date"))
        };
        let birthday = base.autocomplete.as_deref() == Some("bday");
        let part = |part: &str| self.values.first(&format!("{name}.{part}")).to_owned();
        let date = DateField::new(base).values(part("day"), part("month"), part("year"));
        if birthday { date.birthday().into_html() } else { date.into_html() }
    }

    fn options(&self, field: &form::Field, chosen: impl Fn(&str) -> bool) -> Vec<Choice> {
        let choice = |value: &str, label: &Bilingual, hint: Option<&Bilingual>| {
            let (text, lang) = self.words(label);
            let mut choice = Choice::new(value, text).checked(chosen(value));
            if lang != self.lang {
                choice = choice.lang(lang);
            }
            match hint {
                Some(hint) => choice.hint(hint.text(self.lang)),
                None => choice,
            }
        };
        match &field.options_from {
            Some(list) => self.codes.on(list, self.today).map(|code| choice(&code.code, &code.name, None)).collect(),
            None => {
                field.options.iter().map(|option| choice(&option.value, &option.label, option.hint.as_ref())).collect()
            }
        }
    }

    fn one_of(&self, field: &form::Field, base: Field, name: &str, needed: bool) -> Html {
        let typed = self.values.first(name);
        // The city's own province is what nearly everybody answers; it stays a visible choice. An address that may be
        // left out begins empty, for one chosen part would make it begun.
        let home = if needed && field.options_from.as_deref() == Some("provinces") {
            self.codes.home_province()
        } else {
            None
        };
        let now = if typed.is_empty() { home.unwrap_or_default() } else { typed };
        let options = self.options(field, |value| value == now);
        if field.options_from.is_some() || options.len() > MOST_RADIOS {
            return Select::new(base, options).into_html();
        }
        Choices::radios(base, options).into_html()
    }

    fn truth(&self, field: &form::Field, mut base: Field, name: &str) -> Html {
        let typed = self.values.first(name);
        if field.must_be {
            let (text, _) = self.words(field.ask.as_ref().unwrap_or(&field.label));
            let (label, _) = self.words(&field.label);
            base.label = label;
            return Choices::checkboxes(base, vec![Choice::new("true", text).checked(typed == "true")]).into_html();
        }
        let choices = vec![
            Choice::new("true", self.say("services-yes")).checked(typed == "true"),
            Choice::new("false", self.say("services-no")).checked(typed == "false"),
        ];
        Choices::radios(base, choices).inline().into_html()
    }

    fn record(&self, field: &form::Field, base: Field, name: &str, style: LabelStyle, needed: bool) -> Html {
        let needed = needed && matches!(field.required, Requirement::Always);
        let inner = if style == LabelStyle::Plain { LabelStyle::Plain } else { LabelStyle::Strong };
        let parts = field.parts.iter().fold(Html::default(), |html, part| {
            // Only the parts tell what is missing, so a whole that may be left out does not mark them twice.
            html.then(self.draw_in(
                part,
                &format!("{name}.{}", part.key),
                if part.widget.is_record() { inner } else { LabelStyle::Plain },
                needed,
            ))
        });
        self.group(&base, parts)
    }

    /// A fieldset of our own around several questions.
    fn group(&self, base: &Field, inside: Html) -> Html {
        let (class, heading) = match base.style {
            LabelStyle::Heading => (" govuk-fieldset__legend--xl", true),
            LabelStyle::Medium => (" govuk-fieldset__legend--m", false),
            LabelStyle::Strong => (" govuk-fieldset__legend--s", false),
            LabelStyle::Plain => ("", false),
        };
        let optional = if base.optional { format!(" {}", self.say("ui-optional")) } else { String::new() };
        let label = Html::text(format!("{}{optional}", base.label));
        let label = if heading {
            Html::trusted("<h1 class=\"govuk-fieldset__heading\">").then(label).then(Html::trusted("</h1>"))
        } else {
            label
        };
        let mark = base.label_lang.map(|lang| format!(" lang=\"{}\"", lang.code())).unwrap_or_default();
        let mut html = Html::trusted(format!(
            "<div class=\"govuk-form-group\"><fieldset class=\"govuk-fieldset\"><legend class=\"govuk-fieldset__legend{class}\"{mark}>"
        ))
        .then(label)
        .then(Html::trusted("</legend>"));
        if let Some(hint) = &base.hint {
            html =
                html.then(Html::trusted("<p class=\"govuk-hint\">")).then(Html::text(hint)).then(Html::trusted("</p>"));
        }
        html.then(inside).then(Html::trusted("</fieldset></div>"))
    }

    fn list(&self, field: &form::Field, base: Field, name: &str, style: LabelStyle) -> Html {
        let known = self.values.entries(name).last().map_or(0, |last| last + 1);
        let shown = known.max(self.entries.get(name).copied().unwrap_or(0)).max(1).min(field.max_items());
        let item =
            field.item.as_ref().map_or_else(|| self.say("services-list-item"), |item| item.text(self.lang).to_owned());
        let mut inside = Html::default();
        if let Some(error) = &base.error {
            let whole = self.errors.iter().any(|item| item.id == id_of(name));
            if whole {
                inside = inside
                    .then(Html::trusted("<p class=\"govuk-error-message\">"))
                    .then(Html::text(error))
                    .then(Html::trusted("</p>"));
            }
        }
        for index in 0..shown {
            let entry = format!("{name}.{index}");
            let mut parts = field.parts.iter().fold(Html::default(), |html, part| {
                html.then(self.draw_in(part, &format!("{entry}.{}", part.key), LabelStyle::Plain, false))
            });
            if shown > 1 {
                let text = t(
                    self.lang,
                    "services-list-remove",
                    &[
                        ("item", item.to_lowercase().into()),
                        ("number", format::number(self.lang, index as i64 + 1).into()),
                    ],
                );
                parts = parts.then(button("_remove", &entry, &text));
            }
            let legend = Field::new(self.lang, &entry, format!("{} {}", super::common::capital(&item), index + 1))
                .style(LabelStyle::Strong);
            inside = inside.then(self.group(&legend, parts));
        }
        if shown < field.max_items() {
            let text = t(self.lang, "services-list-add", &[("item", item.to_lowercase().into())]);
            inside = inside.then(button("_add", name, &text));
        }
        let base = Field { style, ..base };
        self.group(&base, inside)
    }
}

fn button(name: &str, value: &str, text: &str) -> Html {
    Html::trusted(format!(
        "<p><button type=\"submit\" class=\"govuk-button govuk-button--secondary\" name=\"{name}\" value=\""
    ))
    .then(Html::text(value))
    .then(Html::trusted("\">"))
    .then(Html::text(text))
    .then(Html::trusted("</button></p>"))
}

/// The purpose of an input for password managers and browsers; what the form says, else what the widget implies.
fn autocomplete(field: &form::Field) -> Option<String> {
    field.autocomplete.clone().or_else(|| match field.widget {
        Widget::Phone => Some("tel".to_owned()),
        Widget::Email => Some("email".to_owned()),
        _ => None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn fault(field: &str, warning: bool) -> AnswerError {
        AnswerError {
            pointer: String::new(),
            field: field.to_owned(),
            code: "x".to_owned(),
            message: Bilingual::new("sai", "wrong"),
            warning,
        }
    }

    #[test]
    fn an_error_leads_to_an_input_that_is_on_the_page() {
        let check = |field: &str, id: &str| {
            assert_eq!(
                error_items(Lang::Vi, &[fault(field, false)]),
                vec![ErrorItem { id: id.to_owned(), message: "sai".to_owned() }]
            );
        };
        check("child_full_name", "child_full_name");
        check("child_birth_date.day", "child_birth_date");
        check("child_birth_date.year", "child_birth_date-year");
        check("father.birth_date.day", "father-birth_date");
        check("children.0.full_name", "children-0-full_name");
        assert!(error_items(Lang::Vi, &[fault("a", true)]).is_empty());
    }

    #[test]
    fn entries_of_a_list_are_numbered_as_typed() {
        let pair = |name: &str| (name.to_owned(), "x".to_owned());
        let values = Values::new(&[pair("children.0.name"), pair("children.2.name"), pair("childrens.7.name")]);
        assert_eq!(values.entries("children").into_iter().collect::<Vec<_>>(), [0, 2]);
    }
}
