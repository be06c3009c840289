//! `golive watch`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use super::show::{color, in_place, say};
use super::wait::{self, About, Ending};
use super::{CliError, Context};
use crate::clock::Clock;
use crate::control::client::Client;
use crate::control::wire::{RollbackInfo, Status};
use crate::signals::{Sign, Terminal};
use crate::text::Texts;
use crate::untrusted::harmless;

mod block;
mod canvas;
mod lines;
mod news;
mod picture;
mod screen;
mod strip;

use canvas::Canvas;
use lines::Lines;
use news::{News, news};
use picture::Scene;
use screen::Screen;

/// What moves by itself is drawn so often: seconds that are counted down, and the tenths of a step.
const SECOND: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_millis(250);

/// A shell's exit code for what a signal has ended begins here.
const SIGNALLED: i32 = 128;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
On a terminal it is drawn in place, as often as something changes; elsewhere, each change is a line with its time. Colour only on a
terminal, and not with NO_COLOR. A daemon that is restarted meanwhile is waited for. Of one service it ends as `golive wait`
does, when its release is decided; otherwise it goes on until ^C.

Examples:
  golive watch
  golive watch shop
  golive watch shop | tee release.log

Exit codes: of all services 0; of one as `golive wait`: 0 accepted, 10 rolled back, 11 rollback failed or a person has to decide,
12 superseded or aborted, 130 interrupted before that. 69 no daemon.")]
pub(super) struct Arguments {
    /// Only this one, until its release is decided
    service: Option<String>,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let service = arguments.service.as_deref();
    let client = context.client()?;
    // A daemon that never answered is told at once; one that goes away later may come back.
    let status = client.status(service).await?;
    let mut terminal = Terminal::install()?;
    let mut stage = Stage::new(Texts::new(context.language(), None), status);
    let about = About::release(None);
    let mut ending = pin!(decided(&client, service, &about));
    let mut news = pin!(news(&client, service, stage.status.revision.clone()));
    stage.begin()?;
    loop {
        tokio::select! {
            ended = &mut ending => {
                let ended = ended?;
                if let Ok(status) = client.status(service).await {
                    stage.heard(status)?;
                }
                say(&ended.sentence)?;
                return Ok(ended.code);
            }
            Some(heard) = news.next() => match heard? {
                News::Status(status) => stage.heard(*status)?,
                News::Gone => stage.gone()?,
            },
            sign = terminal.next() => match sign {
                Sign::Redraw => stage.redraw()?,
                Sign::End(signal) => {
                    stage.redraw()?;
                    let interrupted = service.map_or(0, |_| SIGNALLED + signal);
                    return Ok(u8::try_from(interrupted).unwrap_or(u8::MAX));
                }
            },
            () = moves(stage.pace()) => stage.show()?,
        }
    }
}

/// What comes of the service's release; of all services, nothing ever does.
async fn decided(client: &Client, service: Option<&str>, about: &About) -> Result<Ending, CliError> {
    match service {
        Some(service) => wait::ending(client, service, (about, Duration::MAX), false).await,
        None => std::future::pending().await,
    }
}

async fn moves(pace: Option<Duration>) {
    match pace {
        Some(pace) => tokio::time::sleep(pace).await,
        None => std::future::pending().await,
    }
}

/// What is known, and where it is shown.
struct Stage {
    texts: Texts,
    clock: Clock,
    status: Status,
    /// Since when the daemon does not answer.
    lost: Option<Timestamp>,
    /// The last rollback of each service, with its release: its steps stay to be seen when it is over.
    rollbacks: BTreeMap<String, (String, RollbackInfo)>,
    /// None where each change is a line.
    screen: Option<Screen>,
    color: bool,
}

impl Stage {
    fn new(texts: Texts, status: Status) -> Self {
        let out = std::io::stdout();
        Self {
            texts,
            clock: Clock::start(),
            status,
            lost: None,
            rollbacks: BTreeMap::new(),
            screen: in_place(&out).then(Screen::new),
            color: color(&out),
        }
    }

    /// How often what is drawn changes by itself.
    fn pace(&self) -> Option<Duration> {
        self.screen.as_ref()?;
        let services = &self.status.services;
        let steps = services.iter().filter_map(|service| service.rollback.as_ref()).flat_map(|it| &it.steps);
        if { steps }.any(|step| step.duration_seconds.is_none()) {
            return Some(TURN);
        }
        let counts = services.iter().any(|service| {
            let release = service.release.as_ref().is_some_and(|release| release.phase_since.is_some());
            release || service.scheduled_rollback.is_some()
        });
        (counts || self.lost.is_some()).then_some(SECOND)
    }

    /// How everything stands at first.
    fn begin(&mut self) -> Result<(), CliError> {
        if self.screen.is_none() {
            print(&self.lines().changes(None, &self.status))?;
        }
        self.show()
    }

    fn heard(&mut self, mut status: Status) -> Result<(), CliError> {
        let back = self.lost.take().is_some();
        self.remember(&mut status);
        if self.screen.is_none() {
            let lines = self.lines();
            let back = back.then(|| lines.line(&self.texts.live("back", &[])));
            print(&back.into_iter().chain(lines.changes(Some(&self.status), &status)).collect::<Vec<_>>())?;
        }
        self.status = status;
        self.show()
    }

    /// The daemon does not answer.
    fn gone(&mut self) -> Result<(), CliError> {
        self.lost = Some(self.clock.now());
        if self.screen.is_none() {
            print(&[self.lines().line(&self.texts.live("gone", &[]))])?;
        }
        self.show()
    }

    /// Steps of a rollback that is over stay to be seen as long as nothing else comes.
    fn remember(&mut self, status: &mut Status) {
        for service in &mut status.services {
            if let (Some(release), Some(rollback)) = (&service.release, &service.rollback) {
                self.rollbacks.insert(service.name.clone(), (release.id.clone(), rollback.clone()));
                continue;
            }
            let last = self.rollbacks.get(&service.name);
            let decided = service.decided.as_ref().filter(|decided| decided.state == "rolled-back");
            if let (None, Some((id, rollback)), Some(decided)) = (&service.release, last, decided)
                && decided.release == *id
            {
                let mut rollback = rollback.clone();
                rollback.steps.retain(|step| step.duration_seconds.is_some());
                service.rollback = Some(rollback);
            }
        }
    }

    fn lines(&self) -> Lines<'_> {
        Lines { texts: &self.texts, now: self.clock.now() }
    }

    /// As it stands now, where it is drawn in place.
    fn show(&mut self) -> Result<(), CliError> {
        let drawn = self.drawn();
        self.screen.as_mut().zip(drawn).map_or(Ok(()), |(screen, drawn)| screen.show(drawn))
    }

    /// The same, whatever stands on the terminal.
    fn redraw(&mut self) -> Result<(), CliError> {
        let drawn = self.drawn();
        self.screen.as_mut().zip(drawn).map_or(Ok(()), |(screen, drawn)| screen.draw(drawn))
    }

    fn drawn(&self) -> Option<Vec<String>> {
        let (width, height) = self.screen.as_ref()?.size();
        let (texts, now, color) = (&self.texts, self.clock.now(), self.color);
        let canvas = Canvas { texts, now, width, height, color };
        Some(canvas.draw(&Scene { status: &self.status, lost: self.lost }))
    }
}

fn print(lines: &[String]) -> Result<(), CliError> {
    let mut out = std::io::stdout();
    lines.iter().try_for_each(|line| writeln!(out, "{}", harmless(line)))?;
    Ok(())
}

#[cfg(test)]
mod tests;
