//! From one scrape to what happened since the one before.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::names::{self, DURATIONS, REQUESTS, START, STATUS};
use super::text::{self, Line, Sample};
use crate::decide::reading::{Durations, Measure, Requests, Stream};
use crate::probe::body;
use crate::probe::counters::{Count, Counters, Growth, Pending, SERIES_MAX, Target};
use crate::probe::histogram::{self, Histograms, Waiting};
use crate::probe::trial::Trial;

/// Processes that answer at one address in turn; more are forgotten, the oldest first.
const PROCESSES_MAX: usize = 16;

/// A process that is no older than the scrape before, give or take this, has counted nothing that belongs to an
/// earlier time.
const YOUNG: f64 = 60.0;

/// What a stream takes of a page.
#[derive(Debug, Clone)]
pub(super) enum Want {
    Requests { metric: Option<String>, label: Option<String> },
    Durations { metric: Option<String> },
    Value { metric: String, rate: bool },
}

/// What is kept from scrape to scrape.
#[derive(Debug, Default)]
pub(super) struct State {
    streams: Vec<Followed>,
    /// By when they began; those that do not say are one.
    processes: BTreeMap<u64, Vec<Counters>>,
    before: Option<Timestamp>,
}

#[derive(Debug)]
struct Followed {
    stream: Stream,
    want: Want,
    requests: Pending,
    durations: Waiting,
    found: Option<String>,
    edges: Vec<f64>,
}

/// A scrape at hand: the series that anybody wants, by name.
type Series<'a> = BTreeMap<Cow<'a, str>, Vec<Sample<'a>>>;

impl State {
    pub(super) fn add(&mut self, stream: Stream, want: Want) {
        let (requests, durations) = (Pending::default(), Waiting::default());
        self.streams.push(Followed { stream, want, requests, durations, found: None, edges: Vec::new() });
    }

    pub(super) fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().map(|followed| &followed.stream)
    }

    /// What was found for each stream at the last scrape.
    pub(super) fn found(&self) -> Vec<Trial> {
        let found = |followed: &Followed| {
            let result = followed.found.clone().ok_or_else(|| "nothing was found".to_owned());
            Trial { edges: followed.edges.clone(), ..Trial::new(&followed.stream, result) }
        };
        self.streams.iter().map(found).collect()
    }

    /// A measure per stream, or why the page cannot be used, which leaves everything for the next scrape.
    pub(super) fn take(
        &mut self,
        body: &[u8],
        openmetrics: bool,
        at: Timestamp,
    ) -> Result<Vec<Option<Measure>>, String> {
        let series = self.parse(body, openmetrics)?;
        let elapsed = self.before.map(|before| at.duration_since(before).as_secs_f64());
        let process = self.process(&series);
        let counters = self.processes.get_mut(&process).into_iter().flatten();
        let taken = self.streams.iter_mut().zip(counters);
        let measures = taken.map(|(followed, counters)| {
            followed.take(&series, counters, elapsed).unwrap_or_else(|why| Some(Measure::Blind(why)))
        });
        let measures = measures.collect();
        self.before = Some(at);
        Ok(measures)
    }

    fn parse<'a>(&self, body: &'a [u8], openmetrics: bool) -> Result<Series<'a>, String> {
        let Ok(body) = std::str::from_utf8(body) else {
            return Err("not an exposition: not UTF-8".to_owned());
        };
        let wanted = self.wanted();
        let (mut series, mut kept, mut ended, mut samples) = (Series::new(), 0, false, 0);
        for (number, line) in body.lines().enumerate() {
            let parsed = text::line(line).ok_or_else(|| {
                format!("not an exposition: line {} is {}", number + 1, body::start(line.as_bytes()))
            })?;
            ended = match parsed {
                Line::Sample(_) if ended => return Err("it goes on behind its # EOF".to_owned()),
                Line::Sample(sample) => {
                    samples += 1;
                    if wanted.contains(sample.name.as_ref()) {
                        kept += 1;
                        series.entry(sample.name.clone()).or_default().push(sample);
                    }
                    ended
                }
                Line::Nothing => ended,
                Line::End => true,
            };
            if kept > SERIES_MAX {
                return Err(format!("more than {SERIES_MAX} series of what is measured"));
            }
        }
        match samples {
            0 => Err("an exposition without a series".to_owned()),
            _ if openmetrics && !ended => Err("it broke off before its # EOF".to_owned()),
            _ => Ok(series),
        }
    }

    /// Names that are not thrown away at once.
    fn wanted(&self) -> BTreeSet<String> {
        let mut wanted = BTreeSet::from([START.to_owned()]);
        for followed in &self.streams {
            match &followed.want {
                Want::Requests { metric, .. } => wanted.extend(candidates(metric.as_deref(), &REQUESTS)),
                Want::Durations { metric } => {
                    let names = candidates(metric.as_deref(), &DURATIONS).into_iter();
                    wanted.extend(names.map(|name| format!("{name}_bucket")));
                }
                Want::Value { metric, .. } => wanted.extend([metric.clone(), format!("{metric}_total")]),
            }
        }
        wanted
    }

    /// The counters of the process that answered. One that is seen first but began long ago was there before golive
    /// looked; a young one began since, and all that it has counted is new.
    fn process(&mut self, series: &Series<'_>) -> u64 {
        let began = match series.get(START).map(Vec::as_slice) {
            Some([one]) if one.value > 0.0 => one.value,
            Some(_) | None => 0.0,
        };
        let before = self.before.map(|before| before.as_duration().as_secs_f64());
        let young = began > 0.0 && before.is_some_and(|before| began > before - YOUNG);
        let process = began.to_bits();
        if self.processes.contains_key(&process) {
            return process;
        }
        if self.processes.len() >= PROCESSES_MAX {
            self.processes.pop_first();
        }
        let one = |_: &Followed| if young { Counters::of_new_process() } else { Counters::default() };
        self.processes.insert(process, self.streams.iter().map(one).collect());
        process
    }
}

fn candidates(set: Option<&str>, usual: &[&str]) -> Vec<String> {
    set.map_or_else(|| usual.iter().map(|name| (*name).to_owned()).collect(), |name| vec![name.to_owned()])
}

/// The series that a stream is taken from.
struct Chosen<'a> {
    samples: &'a [Sample<'a>],
    /// The label of the status.
    label: Option<String>,
    /// In words.
    found: String,
    /// The edges of its buckets.
    edges: Vec<f64>,
}

impl Followed {
    fn take(
        &mut self,
        series: &Series<'_>,
        counters: &mut Counters,
        elapsed: Option<f64>,
    ) -> Result<Option<Measure>, String> {
        let chosen = self.want.choose(series);
        let samples = chosen.as_ref().map_or(&[][..], |chosen| chosen.samples);
        if let Some(odd) = samples.iter().find(|sample| !sample.value.is_finite()) {
            return Err(format!("{} is {}", odd.name, odd.value));
        }
        // Also when nothing is there: what appears later is known to be new then.
        let growths = grown(counters, samples);
        let chosen = chosen?;
        self.found = Some(chosen.found);
        self.edges = chosen.edges;
        if let Want::Value { rate: false, .. } = self.want {
            let sum = chosen.samples.iter().map(|sample| sample.value).sum();
            return Ok(Some(Measure::Value(sum)));
        }
        let (Some(growths), Some(elapsed)) = (growths, elapsed) else { return Ok(None) };
        let grown = chosen.samples.iter().zip(growths);
        let measure = match self.want {
            Want::Requests { .. } => {
                for (sample, growth) in grown {
                    let status = chosen.label.as_ref().and_then(|label| label_of(sample, label));
                    self.requests.add_total(growth.by);
                    if status.is_some_and(names::is_error) {
                        self.requests.add_bad(growth.by);
                    }
                }
                Measure::Requests(Requests { seen: self.requests.take(), ..Requests::default() })
            }
            Want::Durations { .. } => {
                let mut histograms = Histograms::default();
                for (sample, growth) in grown {
                    let edge = label_of(sample, "le").and_then(histogram::edge);
                    let edge = edge.ok_or_else(|| format!("{} without the label le", sample.name))?;
                    histograms.add(key(sample, Some("le")), edge, growth.by);
                }
                Measure::Durations(Durations { seen: self.durations.take(&histograms)?, newborn: Vec::new() })
            }
            Want::Value { .. } if elapsed > 0.0 => {
                Measure::Value(grown.map(|(_, growth)| growth.by).sum::<f64>() / elapsed)
            }
            Want::Value { .. } => return Ok(None),
        };
        Ok(Some(measure))
    }
}

impl Want {
    /// The first of the names that are there.
    fn choose<'a>(&self, series: &'a Series<'a>) -> Result<Chosen<'a>, String> {
        let at = |name: &str| series.get(name).map(Vec::as_slice);
        match self {
            Self::Requests { metric, label } => {
                let names = candidates(metric.as_deref(), &REQUESTS);
                let labels = candidates(label.as_deref(), &STATUS);
                let there: Vec<_> = names.iter().filter_map(|name| Some((name, at(name)?))).collect();
                let labelled = there.iter().find_map(|(name, samples)| {
                    let has =
                        |label: &&String| samples.iter().any(|sample| label_of(sample, label).is_some());
                    Some((name, samples, labels.iter().find(has)?))
                });
                match (labelled, there.first()) {
                    (Some((name, samples, label)), _) => Ok(Chosen {
                        samples,
                        label: Some(label.clone()),
                        found: format!("{name} by {label}, {} series", samples.len()),
                        edges: Vec::new(),
                    }),
                    (None, Some((name, _))) => {
                        Err(format!("{name} has no label of the status (looked for {})", labels.join(", ")))
                    }
                    (None, None) => Err(missing(&names, metric.is_some(), "counter of requests")),
                }
            }
            Self::Durations { metric } => {
                let names = candidates(metric.as_deref(), &DURATIONS);
                let there = names.iter().find_map(|name| Some((name, at(&format!("{name}_bucket"))?)));
                let (name, samples) =
                    there.ok_or_else(|| missing(&names, metric.is_some(), "histogram of durations"))?;
                let edges: BTreeSet<_> = samples
                    .iter()
                    .filter_map(|sample| label_of(sample, "le").and_then(histogram::edge))
                    .collect();
                let found = format!("{name} with {} buckets, {} series", edges.len(), samples.len());
                let edges = edges.into_iter().map(|edge| edge.0).collect();
                Ok(Chosen { samples, label: None, found, edges })
            }
            Self::Value { metric, .. } => {
                let total = format!("{metric}_total");
                let there = [metric, &total].into_iter().find_map(|name| Some((name, at(name)?)));
                let (name, samples) = there.ok_or_else(|| missing(std::slice::from_ref(metric), true, ""))?;
                let found = format!("{name}, {} series", samples.len());
                Ok(Chosen { samples, label: None, found, edges: Vec::new() })
            }
        }
    }
}

fn missing(names: &[String], set: bool, what: &str) -> String {
    if set {
        return format!("{} is not exposed", names.join(", "));
    }
    format!("no {what} is exposed under a usual name ({}, …); set its name", names[..2].join(", "))
}

/// By how much each has grown; nothing at the first look.
fn grown(counters: &mut Counters, samples: &[Sample<'_>]) -> Option<Vec<Growth>> {
    let comparable = counters.compare();
    let keys: Vec<String> = samples.iter().map(|sample| key(sample, None)).collect();
    let counts: Vec<Count<'_>> = samples
        .iter()
        .zip(&keys)
        .map(|(sample, key)| Count { target: Target::Asked, key, value: sample.value })
        .collect();
    let growths = counters.look(&counts);
    counters.met(Target::Asked);
    comparable.then_some(growths)
}

fn label_of<'a>(sample: &'a Sample<'_>, label: &str) -> Option<&'a str> {
    sample.labels.iter().find(|(name, _)| name == label).map(|(_, value)| value.as_ref())
}

/// What tells series apart.
fn key(sample: &Sample<'_>, without: Option<&str>) -> String {
    let mut labels: Vec<_> =
        sample.labels.iter().filter(|(name, _)| Some(name.as_ref()) != without).collect();
    labels.sort_unstable();
    labels.iter().fold(sample.name.to_string(), |key, (name, value)| key + "\u{2}" + name + "\u{1}" + value)
}
