//! Every template, tried with every kind of news before any of them happens.

use std::collections::BTreeSet;
use std::time::Duration;

use minijinja::{UndefinedBehavior, Value};

use super::{compile, environment, fill, samples, values};
use crate::config::mistakes::{Mistake, Mistakes};
use crate::config::{Config, Person, Template};
use crate::model::notice::Notice;
use crate::notify::message::Message;
use crate::notify::{Context, PATIENCE, UNWITNESSED, texts};
use crate::text::Texts;

/// What is wrong with the templates: all of it, unlike when a message is written.
pub fn check_templates(config: &Config) -> Mistakes {
    let texts = texts(config.timezone.as_ref());
    let mut all: Vec<Mistake> = Vec::new();
    for channel in config.channels.values() {
        let texts = &texts[&channel.language.unwrap_or(config.language)];
        for template in channel.templates.iter() {
            for mistake in mistakes(template, texts, &config.people) {
                // Channels may share a file.
                if !all.contains(&mistake) {
                    all.push(mistake);
                }
            }
        }
    }
    all.into_iter().collect()
}

fn mistakes(template: &Template, texts: &Texts, people: &[Person]) -> Vec<Mistake> {
    let samples = samples::notices();
    let samples: Vec<Value> = samples.iter().map(|notice| sample(notice, texts, people)).collect();
    let known: BTreeSet<String> = samples.iter().flat_map(names).collect();
    let unknown = unknown(template, &known);
    let told: BTreeSet<usize> = unknown.iter().map(|(line, _)| *line).collect();
    let fills = samples.iter().map(|sample| fill(template, sample, UndefinedBehavior::Strict));
    let failures = fills.filter_map(Result::err).map(|failure| (failure.line.unwrap_or(1), failure.why));
    // What such a line fails with is said already.
    let failures: BTreeSet<(usize, String)> = failures.filter(|(line, _)| !told.contains(line)).collect();
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    let hint = format!("known are {known}");
    let unknown = unknown.iter().map(|(line, name)| {
        template.wrong(*line, &format!("`{name}` is nothing that golive fills in"), &hint)
    });
    unknown.chain(failures.iter().map(|(line, why)| template.wrong(*line, why, ""))).collect()
}

/// Names that a template uses and that stand for nothing, each with its line, whether a sample comes that way or not.
fn unknown(template: &Template, known: &BTreeSet<String>) -> BTreeSet<(usize, String)> {
    let environment = environment(UndefinedBehavior::Strict);
    // Told as what is wrong with its syntax.
    let Ok(compiled) = compile(template, &environment) else {
        return BTreeSet::new();
    };
    let built_in: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    let used = compiled.undeclared_variables(false).into_iter();
    let unknown = used.filter(|name| !known.contains(name) && !built_in.contains(name.as_str()));
    unknown.map(|name| (line_of(&name, &template.text), name)).collect()
}

/// Where a name stands first, within a tag if it can be told.
fn line_of(name: &str, text: &str) -> usize {
    let has = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    let tagged = |line: &str| line.contains("{{") || line.contains("{%");
    let at = text.lines().position(|line| has(line) && tagged(line));
    at.or_else(|| text.lines().position(has)).map_or(1, |at| at + 1)
}

fn sample(notice: &Notice, texts: &Texts, people: &[Person]) -> Value {
    let full = notice.acknowledgeable;
    let context = Context {
        texts,
        templates: None,
        people,
        runbook: full.then_some("https://wiki.example.com/web"),
        acknowledge: full.then(|| "https://golive.example.com/ack/web-1".to_owned()),
        host: "host-1",
        own_name: None,
        thread: None,
        curve: None,
        patience: PATIENCE,
        picture: None,
        with: &[],
        witnesses: &UNWITNESSED,
        now: if full { notice.at + Duration::from_mins(5) } else { notice.at },
        wall: notice.at,
    };
    values(&Message::own(notice, &context), notice, &context)
}

fn names(values: &Value) -> Vec<String> {
    values.try_iter().map(|names| names.map(|name| name.to_string()).collect()).unwrap_or_default()
}
