//! From one scrape to what happened since the one before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::choose::{Shown, Want};
use super::names::{self, START};
use super::text::{self, Line, Sample};
use crate::model::reading::{Durations, Measure, Requests, Stream};
use crate::probe::counters::{Count, Counters, Growth, Pending, SERIES_MAX, Target, identity};
use crate::probe::histogram::{self, Histograms, Waiting};
use crate::probe::trial::Trial;
use crate::probe::{body, decode};

/// Processes that answer at one address in turn; more are forgotten, the oldest first.
const PROCESSES_MAX: usize = 16;

/// A process that is no older than the scrape before, give or take this, has counted nothing that belongs to an
/// earlier time.
const YOUNG: f64 = 60.0;

/// What is kept from scrape to scrape.
#[derive(Debug, Default)]
pub(super) struct State {
    streams: Vec<Followed>,
    /// By when they began; those that do not say are one.
    processes: BTreeMap<u64, Vec<Counters>>,
    /// Which of them did so last.
    answered: u64,
    before: Option<Timestamp>,
}

#[derive(Debug)]
struct Followed {
    stream: Stream,
    want: Want,
    requests: Pending,
    newborn: Pending,
    seen: Waiting,
    newborn_durations: Waiting,
    found: Option<String>,
    edges: Vec<f64>,
}

impl State {
    pub(super) fn add(&mut self, stream: Stream, want: Want) {
        self.streams.push(Followed {
            stream,
            want,
            requests: Pending::default(),
            newborn: Pending::default(),
            seen: Waiting::default(),
            newborn_durations: Waiting::default(),
            found: None,
            edges: Vec::new(),
        });
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
        let text = decode::text(body);
        let page = self.parse(&text, openmetrics)?;
        let elapsed = self.before.map(|before| at.duration_since(before).as_secs_f64());
        let began = began(&page);
        let before = self.before.map(|before| before.as_duration().as_secs_f64());
        let young = began > 0.0 && before.is_some_and(|before| began > before - YOUNG);
        let process = began.to_bits();
        if !self.processes.contains_key(&process) {
            self.meet(process, &page, young);
        }
        self.answered = process;
        let counters = self.processes.get_mut(&process).into_iter().flatten();
        let taken = self.streams.iter_mut().zip(counters);
        let measures = taken.map(|(followed, counters)| {
            followed.take(&page, (counters, young), elapsed).unwrap_or_else(Some)
        });
        let measures = measures.collect();
        self.before = Some(at);
        Ok(measures)
    }

    fn parse<'a>(&self, body: &'a str, openmetrics: bool) -> Result<Shown<'a>, String> {
        let wanted = self.wanted();
        let (mut page, mut kept, mut ended, mut samples) = (Shown::default(), BTreeSet::new(), false, 0);
        for (number, line) in body.lines().enumerate() {
            let parsed = text::line(line).ok_or_else(|| {
                format!("not an exposition: line {} is {}", number + 1, body::start(line.as_bytes()))
            })?;
            ended = match parsed {
                Line::Sample(_) if ended => return Err("it goes on behind its # EOF".to_owned()),
                Line::Sample(sample) => {
                    samples += 1;
                    // Of a series that stands there twice, the first counts.
                    if !wanted.contains(sample.name.as_ref()) {
                        page.note(&sample);
                    } else if kept.insert(series_of(&sample)) {
                        page.series.entry(sample.name.clone()).or_default().push(sample);
                    }
                    ended
                }
                Line::Nothing => ended,
                Line::End => true,
            };
            if kept.len() > SERIES_MAX {
                return Err(format!("more than {SERIES_MAX} series of what is measured"));
            }
        }
        match samples {
            0 => Err("an exposition without a series".to_owned()),
            _ if openmetrics && !ended => Err("it broke off before its # EOF".to_owned()),
            _ => Ok(page),
        }
    }

    /// Names that are not thrown away at once.
    fn wanted(&self) -> BTreeSet<String> {
        let names = self.streams.iter().flat_map(|followed| followed.want.names());
        names.chain([START.to_owned()]).collect()
    }

    /// A process answers that has not answered before. If it began long ago, it was there before golive looked. A
    /// young one began since, and all that it has counted is new, unless its counters go on where those before it
    /// were: then somebody else keeps them, and only what shows them was started again.
    fn meet(&mut self, process: u64, page: &Shown<'_>, young: bool) {
        let before = self.processes.get(&self.answered).cloned().unwrap_or_default();
        let mut before = before.into_iter();
        let one = |followed: &Followed| {
            let before = before.next().unwrap_or_default();
            let chosen = followed.want.choose(page).ok();
            let goes_on = chosen.is_some_and(|chosen| before.go_on(&counts(chosen.samples)));
            match (young, goes_on) {
                (true, true) => before,
                (true, false) => Counters::of_new_process(),
                (false, _) => Counters::default(),
            }
        };
        let counters = self.streams.iter().map(one).collect();
        if self.processes.len() >= PROCESSES_MAX {
            self.processes.pop_first();
        }
        self.processes.insert(process, counters);
    }
}

/// When the process began that answered, in seconds since 1970; 0 when it does not say, or several do. What it shows of
/// others carries their `instance`.
fn began(page: &Shown<'_>) -> f64 {
    let own = |sample: &&Sample<'_>| sample.label("instance").unwrap_or_default().is_empty();
    let own: Vec<f64> = page.at(START).unwrap_or_default().iter().filter(own).map(|one| one.value).collect();
    match own.as_slice() {
        [one] if *one > 0.0 => *one,
        _ => 0.0,
    }
}

impl Followed {
    fn take(
        &mut self,
        page: &Shown<'_>,
        (counters, young): (&mut Counters, bool),
        elapsed: Option<f64>,
    ) -> Result<Option<Measure>, Measure> {
        let chosen = self.want.choose(page);
        let samples = chosen.as_ref().map_or(&[][..], |chosen| chosen.samples);
        if let Some(odd) = samples.iter().find(|sample| !sample.value.is_finite()) {
            return Err(Measure::Blind(format!("{} is {}", odd.name, odd.value)));
        }
        if let Want::Value { rate: false, .. } = self.want {
            let chosen = chosen?;
            self.found = Some(chosen.found);
            return Ok(Some(Measure::Value(chosen.samples.iter().map(|sample| sample.value).sum())));
        }
        let comparable = counters.compare();
        let growths = counters.look(&counts(samples), young);
        let chosen = chosen?;
        self.found = Some(chosen.found);
        self.edges = chosen.edges;
        let growths = growths.map_err(|untold| Measure::Blind(untold.to_string()))?;
        let Some(elapsed) = elapsed.filter(|_| comparable) else { return Ok(None) };
        let grown = chosen.samples.iter().zip(growths);
        let measure = match self.want {
            Want::Requests { .. } => {
                for (sample, growth) in grown {
                    let status = chosen.label.as_ref().and_then(|label| sample.label(label));
                    let to = if growth.newborn { &mut self.newborn } else { &mut self.requests };
                    to.add_total(growth.by);
                    if status.is_some_and(names::is_error) {
                        to.add_bad(growth.by);
                    }
                }
                let (seen, newborn) = (self.requests.take(), self.newborn.take());
                Measure::Requests(Requests { seen, newborn, ..Requests::default() })
            }
            Want::Durations { .. } => self.durations(grown).map_err(Measure::Blind)?,
            Want::Value { .. } if elapsed > 0.0 => {
                let known = grown.filter(|(_, growth)| !growth.newborn);
                Measure::Value(known.map(|(_, growth)| growth.by).sum::<f64>() / elapsed)
            }
            Want::Value { .. } => return Ok(None),
        };
        Ok(Some(measure))
    }

    fn durations<'a>(
        &mut self,
        grown: impl Iterator<Item = (&'a Sample<'a>, Growth)>,
    ) -> Result<Measure, String> {
        let (mut seen, mut newborn) = (Histograms::default(), Histograms::default());
        for (sample, growth) in grown {
            let edge = sample.label("le").and_then(histogram::edge);
            let edge = edge.ok_or_else(|| format!("{} without the label le", sample.name))?;
            let to = if growth.newborn { &mut newborn } else { &mut seen };
            to.add(whole_of(sample), edge, growth.by);
        }
        let (seen, newborn) = (self.seen.take(&seen)?, self.newborn_durations.take(&newborn)?);
        Ok(Measure::Durations(Durations { seen, newborn }))
    }
}

/// Series as counters. A metric of one instance is one target: one that appears as a whole may have counted for long.
fn counts<'a>(samples: &'a [Sample<'a>]) -> Vec<Count<'a>> {
    let count = |sample: &'a Sample<'a>| {
        let instance = sample.label("instance").unwrap_or_default().to_owned();
        Count {
            target: Target::Of(sample.name.to_string(), instance),
            name: &sample.name,
            series: series_of(sample),
            whole: whole_of(sample),
            value: sample.value,
        }
    };
    samples.iter().map(count).collect()
}

/// What tells series apart.
fn series_of(sample: &Sample<'_>) -> u64 {
    identity(&sample.name, pairs(sample))
}

/// What tells histograms apart, of a bucket; a counter is a whole by itself.
fn whole_of(sample: &Sample<'_>) -> u64 {
    identity(&sample.name, pairs(sample).filter(|(name, _)| *name != "le"))
}

fn pairs<'a>(sample: &'a Sample<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    sample.labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
}
