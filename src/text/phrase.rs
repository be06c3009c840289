//! Sentences of the core, which are data there.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::Texts;
use crate::decide::trigger::number;
use crate::model::phrase::{Phrase, Told};
use crate::untrusted::clean;

impl Texts {
    /// A sentence of the core's.
    pub fn sentence(&self, phrase: &Phrase) -> String {
        let values = phrase.values.iter().map(|(name, told)| (&**name, self.told(told)));
        self.say(&phrase.name, values.collect::<BTreeMap<_, _>>().into())
    }

    /// Several, one after the other.
    pub(super) fn all(&self, phrases: &[Phrase]) -> String {
        let each: Vec<String> = phrases.iter().map(|phrase| self.sentence(phrase)).collect();
        each.join(&self.say("verdict.and", ().into()))
    }

    pub(super) fn unproved(&self, sentences: &[Phrase]) -> String {
        self.say("reason.unproved", context! { sentences => self.all(sentences) })
    }

    fn told(&self, told: &Told) -> Value {
        match told {
            Told::Nothing => Value::from(()),
            Told::Text(text) => clean(text).into(),
            Told::Count(count) => (*count).into(),
            Told::Flag(flag) => (*flag).into(),
            // A minus is longer than a hyphen.
            Told::Number(value) => number(*value).replace('-', "−").into(),
            Told::Ratio(ratio) => self.percent(*ratio).replace('-', "−").into(),
            Told::Time(time) => self.duration(*time).into(),
            Told::Part(part) => self.sentence(part).into(),
        }
    }
}
