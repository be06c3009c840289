//! Sentences as JSON.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, DurationSecondsWithFrac, SerializeAs, serde_as};

use crate::decide::phrase::{Phrase, Told};

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Phrase", rename_all = "kebab-case")]
pub(in crate::store) struct PhraseDef {
    name: Cow<'static, str>,
    #[serde_as(as = "Vec<(_, ToldDef)>")]
    values: Vec<(Cow<'static, str>, Told)>,
}
as_core!(Phrase, PhraseDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Told", rename_all = "kebab-case")]
pub(in crate::store) enum ToldDef {
    Nothing,
    Text(String),
    Count(u64),
    Flag(bool),
    Number(f64),
    Ratio(f64),
    Time(#[serde_as(as = "DurationSecondsWithFrac<f64>")] Duration),
    Part(#[serde_as(as = "PhraseDef")] Phrase),
}
as_core!(Told, ToldDef);
