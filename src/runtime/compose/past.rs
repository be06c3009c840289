//! A set as it was: what is recorded of a release.

use serde_json::{Value, json};

use super::found::Member;
use crate::decide::event::Fault;
use crate::runtime::inspect::Inspect;
use crate::runtime::{Record, refused};

/// A set as it was.
#[derive(Debug, Default)]
pub(super) struct Past {
    inspects: Vec<Inspect>,
    /// Services of the project that were left alone because they kept data.
    pub(super) left: Vec<String>,
}

impl Past {
    pub(super) fn new(inspects: Vec<Inspect>, left: Vec<String>) -> Self {
        Self { inspects, left }
    }

    /// What is in a record.
    pub(super) fn read(record: &Record) -> Result<Self, Fault> {
        let wrong = |why: &str| refused(format!("read the record of release {}: {why}", record.release));
        let mut written: Value =
            serde_json::from_str(&record.inspect).map_err(|error| wrong(&error.to_string()))?;
        let Some(members) = written["members"].as_array_mut().map(std::mem::take) else {
            return Err(wrong("it is not of a Compose project"));
        };
        let inspects = members.into_iter().map(Inspect::of).collect();
        let left = written["left"].as_array().into_iter().flatten();
        Ok(Self { inspects, left: left.filter_map(Value::as_str).map(str::to_owned).collect() })
    }

    /// For a record: the inspects as the engine gave them.
    pub(super) fn written(&self) -> String {
        let inspects: Vec<&str> = self.inspects.iter().map(Inspect::raw).collect();
        format!("{{\"left\":{},\"members\":[{}]}}", json!(self.left), inspects.join(","))
    }

    pub(super) fn members(&self) -> Vec<Member> {
        self.inspects.iter().cloned().map(Member::new).collect()
    }
}
