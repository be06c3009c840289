//! What a trigger says, with its evidence.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::model::phrase::Phrase;
use crate::model::reason::Unit;

/// What a trigger says at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// Pass, fail, wait or blind. Only pass counts as passing.
    pub call: Call,
    /// The value measured; none while nothing was.
    pub value: Option<f64>,
    /// The limit it is held against; none while there is none yet.
    pub limit: Option<f64>,
    /// On which side of it a value is bad.
    pub bound: Bound,
    /// What both are in.
    pub unit: Unit,
    /// How many samples it rests on.
    pub samples: u64,
    /// One sentence that a person understands.
    pub why: Phrase,
}

impl Verdict {
    /// About a limit that must not be exceeded; without samples there is no value.
    pub fn above(limit: f64, call: Call, (value, samples): (f64, u64), unit: Unit, why: Phrase) -> Self {
        let value = (samples > 0).then_some(value);
        Self { call, value, limit: Some(limit), bound: Bound::Above, unit, samples, why }
    }
}

/// Which values a limit calls bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Those above it.
    Above,
    /// It itself and those above it.
    AtLeast,
    /// Those below it.
    Below,
    /// Those that are far from it: it is what the past lets expect.
    Expected,
}

impl Bound {
    /// What stands before the limit.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => "≥",
            Self::Below => "<",
            Self::Expected => "≈",
        }
    }
}

/// A verdict's one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// Enough data, under the limit.
    Pass,
    /// Data, but not enough to say.
    Wait,
    /// No usable data.
    Blind,
    /// The rule fired.
    Fail,
}
