//! A sentence as data: which one of the catalogues, and what it tells. `text` says it in the language of whoever reads.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::seconds;

/// A sentence, or a part of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Phrase {
    /// Its name in the catalogues.
    pub name: Cow<'static, str>,
    /// What it tells, each by the name that the catalogues know it by.
    pub values: Vec<(Cow<'static, str>, Told)>,
}

/// One thing that a sentence tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It is left out.
    Nothing,
    /// A name, or somebody else's words.
    Text(String),
    /// How many.
    Count(u64),
    /// Whether it is so.
    Flag(bool),
    /// A number without a unit.
    Number(f64),
    /// A ratio, 0 to 1 as a rule.
    Ratio(f64),
    /// For how long.
    Time(#[serde(with = "seconds")] Duration),
    /// A part of the sentence that has a name of its own.
    Part(Phrase),
}

impl Phrase {
    /// The sentence of that name, which tells nothing yet.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name: name.into(), values: Vec::new() }
    }

    /// Somebody else's words, as they are.
    pub fn words(words: &str) -> Self {
        Self::new("reason.said").text("seen", words)
    }

    /// It also tells this text.
    pub(crate) fn text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Told::Text(text.into()))
    }

    /// It also tells this count, or that there is none.
    pub(crate) fn count(self, name: &'static str, count: impl Into<Option<u64>>) -> Self {
        self.with(name, count.into().map_or(Told::Nothing, Told::Count))
    }

    /// It also tells whether that is so.
    pub(crate) fn flag(self, name: &'static str, flag: bool) -> Self {
        self.with(name, Told::Flag(flag))
    }

    /// It also tells this number.
    pub(crate) fn number(self, name: &'static str, number: f64) -> Self {
        self.with(name, Told::Number(number))
    }

    /// It also tells this share of 1, or that there is none.
    pub(crate) fn ratio(self, name: &'static str, ratio: impl Into<Option<f64>>) -> Self {
        self.with(name, ratio.into().map_or(Told::Nothing, Told::Ratio))
    }

    /// It also tells for how long, or that nobody knows.
    pub(crate) fn time(self, name: &'static str, time: impl Into<Option<Duration>>) -> Self {
        self.with(name, time.into().map_or(Told::Nothing, Told::Time))
    }

    /// A part of it is this sentence, where there is one.
    pub(crate) fn part(self, name: &'static str, part: impl Into<Option<Self>>) -> Self {
        self.with(name, part.into().map_or(Told::Nothing, Told::Part))
    }

    fn with(mut self, name: &'static str, told: Told) -> Self {
        self.values.push((name.into(), told));
        self
    }
}
