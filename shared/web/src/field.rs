//! Parts of forms: every control has a label, every error is at its field, every id is unique on the page.

use curfew_domain::time::{AccessDuration, Timestamp};
use maud::{Markup, html};

use crate::forms;
use crate::time;
use crate::views::{Errors, Frame};

/// One form of a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form<'a> {
    /// Begins the ids of its controls.
    pub(crate) name: &'a str,
    /// What is wrong with it.
    pub(crate) errors: &'a Errors,
}

/// A text to be entered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Field name.
    pub(crate) field: &'a str,
    /// Label.
    pub(crate) label: &'a str,
    /// What is in it.
    pub(crate) value: &'a str,
    /// What helps.
    pub(crate) hint: Option<&'a str>,
    /// Must be filled.
    pub(crate) required: bool,
    /// Longest text, in characters.
    pub(crate) most: usize,
}

impl<'a> Text<'a> {
    /// An empty one that may stay so.
    pub(crate) fn new(field: &'a str, label: &'a str, most: usize) -> Self {
        Self { field, label, value: "", hint: None, required: false, most }
    }
}

/// Something to switch on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'a> {
    /// Field name.
    pub(crate) field: &'a str,
    /// What is sent when it is on.
    pub(crate) value: &'a str,
    /// Label.
    pub(crate) label: &'a str,
    /// What helps.
    pub(crate) hint: Option<&'a str>,
    /// On.
    pub(crate) checked: bool,
    /// Cannot be changed.
    pub(crate) fixed: bool,
}

impl<'a> Check<'a> {
    /// One that is off.
    pub(crate) fn new(field: &'a str, label: &'a str) -> Self {
        Self { field, value: "on", label, hint: None, checked: false, fixed: false }
    }
}

/// Durations to choose from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Durations<'a> {
    /// Question.
    pub(crate) legend: &'a str,
    /// The longest.
    pub(crate) max: AccessDuration,
    /// The value that is chosen; empty: the usual one, or [`Self::unchanged`].
    pub(crate) chosen: &'a str,
    /// Own words.
    pub(crate) custom: &'a str,
    /// From when the end is counted.
    pub(crate) from: Timestamp,
    /// Whether that is now, and moves on while the page is open.
    pub(crate) from_now: bool,
    /// What choosing nothing is called, where that may be done.
    pub(crate) unchanged: Option<&'a str>,
}

/// A value that nobody sees.
pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// The token that every form carries.
pub(crate) fn csrf(frame: &Frame) -> Markup {
    hidden(forms::CSRF, &frame.csrf)
}

/// The zone in which times of a form are meant; `console.js` corrects it together with the times.
pub(crate) fn zone(frame: &Frame) -> Markup {
    let name = frame.zone.iana_name().unwrap_or("UTC");
    html! { input type="hidden" name=(forms::ZONE) value=(name) data-zone; }
}

impl Form<'_> {
    /// Id of a control.
    pub(crate) fn id(&self, field: &str) -> String {
        format!("{}-{}", self.name, field.replace('_', "-"))
    }

    fn hint_id(&self, field: &str) -> String {
        format!("{}-hint", self.id(field))
    }

    fn error_id(&self, field: &str) -> String {
        format!("{}-error", self.id(field))
    }

    /// Ids of what describes a control.
    fn described(&self, field: &str, hint: bool) -> Option<String> {
        let hint = hint.then(|| self.hint_id(field));
        let error = self.errors.of(field).map(|_| self.error_id(field));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn error(&self, field: &str) -> Markup {
        html! {
            @if let Some(text) = self.errors.of(field) { p.error id=(self.error_id(field)) { (text) } }
        }
    }

    fn invalid(&self, field: &str) -> Option<&'static str> {
        self.errors.of(field).map(|_| "true")
    }

    /// What is wrong with the whole, and with fields that are not among these.
    pub(crate) fn problems(&self, fields: &[&str]) -> Markup {
        let elsewhere = self.errors.fields.iter().filter(|error| !fields.contains(&error.field.as_str()));
        let texts: Vec<&str> =
            self.errors.whole.iter().map(String::as_str).chain(elsewhere.map(|e| e.text.as_str())).collect();
        let here = self.errors.fields.len() + self.errors.whole.iter().len() - texts.len();
        html! {
            @if !self.errors.is_empty() {
                div.flash.problem role="alert" {
                    @for text in &texts { p { (text) } }
                    @if texts.is_empty() {
                        p {
                            (if here == 1 { "One field needs another look." } else { "Some fields need another look." })
                        }
                    }
                }
            }
        }
    }

    fn label(&self, text: &Text<'_>) -> Markup {
        html! {
            label for=(self.id(text.field)) {
                (text.label)
                @if !text.required { " " span.optional { "optional" } }
            }
        }
    }

    fn hint(&self, text: &Text<'_>) -> Markup {
        html! { @if let Some(hint) = text.hint { p.hint id=(self.hint_id(text.field)) { (hint) } } }
    }

    /// A line of text.
    pub(crate) fn line(&self, text: &Text<'_>, kind: &str) -> Markup {
        // Browsers complain of times that are none, and show nothing.
        let is_time = |text: &str| text.parse::<jiff::civil::DateTime>().is_ok();
        let value = if kind == "datetime-local" && !is_time(text.value) { "" } else { text.value };
        html! {
            div.field {
                (self.label(text))
                input type=(kind) id=(self.id(text.field)) name=(text.field) value=(value) maxlength=(text.most)
                    autocomplete="off" required[text.required] aria-invalid=[self.invalid(text.field)]
                    aria-describedby=[self.described(text.field, text.hint.is_some())];
                (self.hint(text))
                (self.error(text.field))
            }
        }
    }

    /// Several lines of text.
    pub(crate) fn lines(&self, text: &Text<'_>, rows: u8) -> Markup {
        html! {
            div.field {
                (self.label(text))
                textarea id=(self.id(text.field)) name=(text.field) rows=(rows) maxlength=(text.most)
                    required[text.required] aria-invalid=[self.invalid(text.field)]
                    aria-describedby=[self.described(text.field, text.hint.is_some())] {
                    // HTML drops one line break after the tag: this is the one.
                    "\n" (text.value)
                }
                (self.hint(text))
                (self.error(text.field))
            }
        }
    }

    /// A box to check.
    pub(crate) fn check(&self, check: &Check<'_>) -> Markup {
        let id = format!("{}-{}", self.id(check.field), check.value);
        html! {
            div.check {
                input type="checkbox" id=(id) name=(check.field) value=(check.value) checked[check.checked]
                    disabled[check.fixed] aria-describedby=[check.hint.map(|_| format!("{id}-hint"))];
                div {
                    label for=(id) { (check.label) }
                    @if let Some(hint) = check.hint { p.hint id=(format!("{id}-hint")) { (hint) } }
                    (self.error(check.field))
                }
            }
        }
    }

    /// How long: presets with their ends, and own words.
    pub(crate) fn durations(&self, frame: &Frame, durations: &Durations<'_>) -> Markup {
        let mut presets = time::presets(durations.max);
        // The longest is what choosing nothing means already.
        presets.retain(|preset| durations.unchanged.is_none() || *preset < durations.max);
        let usual = if durations.unchanged.is_some() { String::new() } else { time::usual(durations.max).to_string() };
        let chosen = if durations.chosen.is_empty() { usual.as_str() } else { durations.chosen };
        // What came back may be no preset any more: then it stands in the field for own words.
        let known =
            presets.iter().any(|preset| preset.to_string() == chosen) || chosen == forms::CUSTOM || chosen.is_empty();
        let custom = if known { durations.custom } else { chosen };
        let (field, words) = (forms::DURATION, forms::CUSTOM_DURATION);
        html! {
            fieldset.durations aria-describedby=[self.described(field, false)] {
                legend { (durations.legend) }
                div.choices {
                    @if let Some(unchanged) = durations.unchanged {
                        (self.choice(field, "", chosen.is_empty(), &html! { (unchanged) }))
                    }
                    @for preset in &presets {
                        @let value = preset.to_string();
                        (self.choice(field, &value, value == chosen, &Self::until(frame, durations, *preset)))
                    }
                    (self.choice(field, forms::CUSTOM, !known || chosen == forms::CUSTOM, &html! { "Other" }))
                }
                (self.error(field))
                div.field.custom {
                    label for=(self.id(words)) { "Other duration" }
                    input type="text" id=(self.id(words)) name=(words) value=(custom) maxlength="40" autocomplete="off"
                        placeholder="1h 30m" aria-invalid=[self.invalid(words)]
                        aria-describedby=[self.described(words, true)];
                    p.hint id=(self.hint_id(words)) { "Up to " (time::duration(durations.max)) "." }
                    (self.error(words))
                }
            }
        }
    }

    fn choice(&self, field: &str, value: &str, checked: bool, label: &Markup) -> Markup {
        let id = format!("{}-{}", self.id(field), if value.is_empty() { "unchanged" } else { value });
        html! {
            div.choice {
                input type="radio" id=(id) name=(field) value=(value) checked[checked];
                label for=(id) { (label) }
            }
        }
    }

    /// A preset with the end that it would have.
    fn until(frame: &Frame, durations: &Durations<'_>, preset: AccessDuration) -> Markup {
        let moves = durations.from_now.then(|| preset.seconds());
        html! {
            b { (time::duration(preset)) }
            small data-after=[moves] { "until " (time::at(frame, preset.after(durations.from))) }
        }
    }
}
