//! SARIF 2.1.0 (OASIS), as scanners and linters write it.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use crate::config::check::Severity;
use crate::model::figure::Figure;
use crate::model::sample::Outcome;

const VERSION: &str = "2.1.0";

#[derive(Deserialize)]
struct Log {
    version: String,
    runs: Option<Vec<Run>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    results: Option<Vec<Finding>>,
    #[serde(default)]
    invocations: Vec<Invocation>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Component,
    #[serde(default)]
    extensions: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    name: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    #[serde(default)]
    default_configuration: Configuration,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize, Default)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize, Default)]
struct Properties {
    /// A number from 0 to 10, as a text by most, as a number by some.
    #[serde(rename = "security-severity")]
    score: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: Option<String>,
    rule: Option<Reference>,
    level: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    suppressions: Option<Vec<Suppression>>,
    baseline_state: Option<String>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

/// How many findings there are of each severity, and the first of them.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<Severity, (u64, String)>);

pub(super) fn counted(file: &mut impl BufRead) -> Result<Findings, String> {
    let log: Log = serde_json::from_reader(file).map_err(|error| {
        if error.is_eof() { "it ends in the middle".to_owned() } else { format!("it is no SARIF: {error}") }
    })?;
    if log.version != VERSION {
        return Err(format!("it is SARIF {}; {VERSION} is read", log.version));
    }
    let mut findings = Findings::default();
    let runs = log.runs.unwrap_or_default();
    if runs.is_empty() {
        return Err("no run of a tool is in it".to_owned());
    }
    for run in runs {
        findings.take(run)?;
    }
    Ok(findings)
}

impl Findings {
    fn take(&mut self, run: Run) -> Result<(), String> {
        let tool = run.tool.driver.name.clone();
        if run.invocations.iter().any(|invocation| invocation.execution_successful == Some(false)) {
            return Err(format!("{tool} says that it has failed itself"));
        }
        // A tool that has looked and found nothing writes an empty list.
        let results = run.results.ok_or_else(|| format!("{tool} has written no results"))?;
        let components = std::iter::once(run.tool.driver).chain(run.tool.extensions);
        let rules: BTreeMap<String, Rule> =
            components.flat_map(|it| it.rules).map(|rule| (rule.id.clone(), rule)).collect();
        for finding in results.into_iter().filter(Finding::counts) {
            let id =
                finding.rule_id.clone().or_else(|| finding.rule.as_ref()?.id.clone()).unwrap_or_default();
            // A rule's own id may be the beginning of that of a finding, up to a slash.
            let rule = rules.get(&id).or_else(|| rules.get(id.split('/').next()?));
            if let Some(severity) = finding.severity(rule) {
                self.0.entry(severity).or_insert((0, id)).0 += 1;
            }
        }
        Ok(())
    }

    pub(super) fn judged(&self, none_of: Severity) -> (Outcome, Figure) {
        let bad = || self.0.range(none_of..).rev();
        let count = bad().map(|(_, (count, _))| count).sum();
        let figure = Figure::count(count, 0);
        let Some((worst, (_, first))) = bad().next() else { return (Outcome::Ok, figure) };
        let (worst, wanted): (&str, &str) = (worst.into(), none_of.into());
        let worst = if first.is_empty() { worst.to_owned() } else { format!("{worst}: {first}") };
        (Outcome::Failed(format!("{count} findings of severity {wanted} or higher ({worst})")), figure)
    }
}

impl Finding {
    /// Whether it says that something is wrong now, and nobody has decided that it is not.
    fn counts(&self) -> bool {
        let suppressions = self.suppressions.as_deref().unwrap_or_default();
        let accepted = |it: &Suppression| matches!(it.status.as_deref(), None | Some("accepted"));
        let suppressed = !suppressions.is_empty() && suppressions.iter().all(accepted);
        matches!(self.kind.as_deref(), None | Some("fail"))
            && self.baseline_state.as_deref() != Some("absent")
            && !suppressed
    }

    /// By its score where it has one, else by its level; `None` where it is not one.
    fn severity(&self, rule: Option<&Rule>) -> Option<Severity> {
        let of = |properties: &Properties| {
            let score = properties.score.as_ref()?;
            score.as_f64().or_else(|| score.as_str()?.trim().parse().ok())
        };
        if let Some(score) = of(&self.properties).or_else(|| of(&rule?.properties)) {
            return Some(match score {
                score if score >= 9.0 => Severity::Critical,
                score if score >= 7.0 => Severity::High,
                score if score >= 4.0 => Severity::Medium,
                _ => Severity::Low,
            });
        }
        let level = self.level.as_deref().or_else(|| rule?.default_configuration.level.as_deref());
        match level {
            Some("error") => Some(Severity::High),
            None | Some("warning") => Some(Severity::Medium),
            Some("none") => None,
            Some(_) => Some(Severity::Low),
        }
    }
}
