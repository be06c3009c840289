//! What a failed call to the engine is worth to whoever asked for a step.

use crate::docker::{Class, EngineError};
use crate::model::step::{Fault, FaultKind};

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        let kind = match error.class() {
            Class::Unreachable => FaultKind::Unreachable,
            // It may have been done all the same.
            Class::Lost | Class::Nonsense => FaultKind::Lost,
            Class::Refused | Class::NotThere | Class::Conflict if error.may_pass() => FaultKind::Transient,
            Class::Refused | Class::NotThere | Class::Conflict => FaultKind::Refused,
        };
        Self { kind, text: error.to_string() }
    }
}
