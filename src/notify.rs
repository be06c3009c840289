//! Telling people: notices as mails and webhooks, and what each provider really answered.
//!
//! Nothing here decides whether to tell or when to try again; it says whether trying again makes sense.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::chart;
use crate::clock::Clock;
use crate::config::{Access, Channel, Config, Heartbeat, Language, Person, Templates, Way};
use crate::decide::curve::Curve;
use crate::model::notice::{Notice, Tier};
use crate::model::witness::Witness;
use crate::outbound::Outlet;
use crate::text::Texts;
use crate::ticket::Tickets;

mod bundle;
mod email;
mod format;
mod heartbeat;
mod limits;
mod message;
mod smtp;
mod template;
#[cfg(test)]
mod tests;
mod tone;
mod webhook;

pub use bundle::headline;
pub use limits::Limit;
pub use template::check_templates;

/// A delivery ends within this, whatever the other side does.
const PATIENCE: Duration = Duration::from_secs(30);

/// The record's entries of a message that tells of none.
static UNWITNESSED: BTreeMap<String, Witness> = BTreeMap::new();

/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// A notice on its way to one address.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// What is told.
    pub notice: &'a Notice,
    /// What is told with it, oldest first: what it has overtaken, or each of several.
    pub with: &'a [Notice],
    /// When it is told.
    pub now: Timestamp,
    /// Where the incident's first message stands at this address, by the receipt for that.
    pub thread: Option<&'a str>,
    /// What it is about, to be drawn where the channel takes pictures.
    pub curve: Option<&'a Curve>,
    /// The record's entries of what is told, by the notice's id.
    pub witnesses: &'a BTreeMap<String, Witness>,
}

/// A provider confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it said.
    pub answer: String,
    /// Where the incident's first message stands now, for the next delivery of the incident to the same address;
    /// `None` when nothing of that has changed.
    pub thread: Option<String>,
}

/// A provider did not confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether trying again makes sense.
    pub retry: Retry,
    /// What was seen, readable after "failed to". Holds no secret.
    pub text: String,
}

/// Whether trying again makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Yes; not before the pause that the provider asked for, if it did.
    Later(Option<Duration>),
    /// No.
    Never,
}

/// All channels.
#[derive(Debug)]
pub struct Notifier {
    channels: BTreeMap<String, Channel>,
    runbooks: BTreeMap<String, String>,
    people: Vec<Person>,
    host: String,
    /// The host's full name, where it has one.
    own_name: Option<String>,
    heartbeat: Option<Heartbeat>,
    language: Language,
    texts: BTreeMap<Language, Texts>,
    links: Option<Links>,
    /// The ways out of the webhooks, by channel; those that are reached alike share one.
    outlets: BTreeMap<String, Arc<Outlet>>,
    beat: Arc<Outlet>,
    patience: Duration,
}

/// Makes the links that alerts carry.
#[derive(Debug)]
pub struct Links {
    /// What signs them.
    pub tickets: Arc<Tickets>,
    /// The page's address.
    pub page: String,
}

impl Links {
    fn of(&self, notice: &Notice) -> String {
        self.tickets.issue(&notice.incident, notice.at).link(&self.page)
    }
}

/// What every format needs to know beside the notice.
pub(crate) struct Context<'a> {
    texts: &'a Texts,
    /// The channel's own words.
    templates: Option<&'a Templates>,
    people: &'a [Person],
    runbook: Option<&'a str>,
    /// Where a person takes the incident on.
    acknowledge: Option<String>,
    host: &'a str,
    own_name: Option<&'a str>,
    thread: Option<&'a str>,
    curve: Option<&'a Curve>,
    /// What one place is given to answer.
    patience: Duration,
    /// The curve as a PNG.
    picture: Option<Vec<u8>>,
    with: &'a [Notice],
    witnesses: &'a BTreeMap<String, Witness>,
    now: Timestamp,
    /// Signatures are made at this: a clock that was set right must not keep them wrong.
    wall: Timestamp,
}

impl Notifier {
    /// The configuration's channels.
    pub fn new(config: &Config) -> Self {
        let runbooks = config
            .services
            .iter()
            .filter_map(|(name, service)| Some((name.clone(), service.runbook.clone()?)));
        let (outlets, beat) = outlets(&config.channels, config.heartbeat.as_ref());
        Self {
            channels: config.channels.clone(),
            runbooks: runbooks.collect(),
            people: config.people.clone(),
            own_name: smtp::own_name(&host()),
            host: host(),
            heartbeat: config.heartbeat.clone(),
            language: config.language,
            texts: texts(config.timezone.as_ref()),
            links: None,
            outlets,
            beat,
            patience: PATIENCE,
        }
    }

    /// Alerts link to the page, so that a person can take them on without a terminal.
    #[must_use]
    pub fn linking(self, links: Option<Links>) -> Self {
        Self { links, ..self }
    }

    /// Names of all channels.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.keys().map(String::as_str)
    }

    /// Whom a channel reaches; each is served on its own.
    pub fn addresses(&self, channel: &str) -> Vec<String> {
        match self.way(channel) {
            Some(Way::Email(email)) => email.to.clone(),
            Some(Way::Webhook(_)) => vec![String::new()],
            None => Vec::new(),
        }
    }

    /// Tells one address, and waits for the provider's answer.
    pub async fn deliver(
        &self,
        channel: &str,
        address: &str,
        envelope: &Envelope<'_>,
    ) -> Result<Receipt, Refusal> {
        let Envelope { notice, with, now, thread, curve, witnesses } = *envelope;
        let curve = curve.filter(|_| self.draws(channel));
        let runbook = notice.service.as_ref().and_then(|service| self.runbooks.get(service));
        let context = Context {
            texts: self.texts(channel),
            templates: self.channels.get(channel).map(|channel| &channel.templates),
            people: &self.people,
            runbook: runbook.map(String::as_str),
            acknowledge: self.links.as_ref().filter(|_| notice.acknowledgeable).map(|links| links.of(notice)),
            host: &self.host,
            own_name: self.own_name.as_deref(),
            thread,
            curve,
            patience: self.patience,
            picture: self.draw(channel, curve).await,
            with,
            witnesses,
            now,
            wall: Clock::wall(),
        };
        let patience = self.patience(channel);
        let late = || Refusal::later(format!("tell channel {channel} within {patience:?}"));
        match (self.way(channel), self.outlets.get(channel)) {
            (Some(Way::Email(email)), _) => {
                let sending = email::send(email, address, notice, &context);
                tokio::time::timeout(patience, sending).await.unwrap_or_else(|_| Err(late()))
            }
            (Some(Way::Webhook(webhook)), Some(outlet)) => {
                let sending = webhook::send(outlet, webhook, notice, &context);
                let told = tokio::time::timeout(patience, sending).await.unwrap_or_else(|_| Err(late()))?;
                Ok(told.finish(outlet, now).await)
            }
            (_, None) | (None, _) => {
                Err(Refusal::never(format!("tell channel {channel}: it is no longer configured")))
            }
        }
    }

    fn way(&self, channel: &str) -> Option<&Way> {
        self.channels.get(channel).map(|channel| &channel.way)
    }

    /// In the channel's own language.
    fn texts(&self, channel: &str) -> &Texts {
        let own = self.channels.get(channel).and_then(|channel| channel.language);
        &self.texts[&own.unwrap_or(self.language)]
    }

    /// Whether a channel takes pictures.
    pub fn draws(&self, channel: &str) -> bool {
        match self.way(channel) {
            Some(Way::Email(_)) => true,
            Some(Way::Webhook(webhook)) => format::draws(&webhook.format),
            None => false,
        }
    }

    /// Off this thread, which has other things to do meanwhile.
    async fn draw(&self, channel: &str, curve: Option<&Curve>) -> Option<Vec<u8>> {
        let (curve, zone) = (curve?.clone(), self.texts(channel).zone().clone());
        tokio::task::spawn_blocking(move || chart::png(&curve, &zone))
            .await
            .ok()
            .filter(|png| !png.is_empty())
    }

    /// As long for each smarthost as for a webhook.
    fn patience(&self, channel: &str) -> Duration {
        let places = match self.way(channel) {
            Some(Way::Email(email)) => email.smtp.len(),
            Some(Way::Webhook(_)) | None => 1,
        };
        self.patience.saturating_mul(u32::try_from(places).unwrap_or(1).max(1))
    }

    /// Reaches a channel as far as is possible without telling anybody anything.
    pub async fn reach(&self, channel: &str) -> Result<Receipt, Refusal> {
        let attempt = async {
            match (self.way(channel), self.outlets.get(channel)) {
                (Some(Way::Email(channel)), _) => {
                    let own_name = self.own_name.as_deref();
                    email::log_in(smtp::Post { channel, own_name, patience: self.patience }).await
                }
                (Some(Way::Webhook(webhook)), Some(outlet)) => webhook::reach(outlet, webhook).await,
                (_, None) | (None, _) => Err(Refusal::never(format!("find channel {channel}"))),
            }
        };
        let patience = self.patience(channel);
        match tokio::time::timeout(patience, attempt).await {
            Ok(result) => result,
            Err(_) => Err(Refusal::later(format!("reach channel {channel} within {patience:?}"))),
        }
    }
}

impl<'a> Envelope<'a> {
    /// The first message of its incident.
    pub fn first(notice: &'a Notice, now: Timestamp) -> Self {
        Self { notice, with: &[], now, thread: None, curve: None, witnesses: &UNWITNESSED }
    }
}

impl Receipt {
    fn new(answer: String) -> Self {
        Self { answer, thread: None }
    }
}

impl Refusal {
    fn later(text: String) -> Self {
        Self { retry: Retry::Later(None), text }
    }

    fn never(text: String) -> Self {
        Self { retry: Retry::Never, text }
    }
}

/// The pause before the next attempt: 1 s, doubling, five minutes at most, spread so that many do not come at once.
pub fn backoff(attempts: u32, notice: &str) -> Duration {
    let pause = Duration::from_secs(1).saturating_mul(1 << attempts.min(10)).min(PAUSE_MAX);
    // The same for the same message, so that nothing here is random.
    let spread =
        notice.bytes().fold(attempts, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 256;
    pause.mul_f64(0.75 + f64::from(spread) / 1024.0)
}

/// For how long a notice is worth telling.
pub fn expires(tier: Tier) -> Duration {
    match tier {
        Tier::Urgent => Duration::from_hours(72),
        Tier::Important => Duration::from_hours(24),
        Tier::General => Duration::from_hours(6),
    }
}

fn texts(zone: Option<&TimeZone>) -> BTreeMap<Language, Texts> {
    Language::ALL.map(|language| (language, Texts::new(language, zone.cloned()))).into()
}

/// The way out of each channel that posts, and that of the heartbeat.
fn outlets(
    channels: &BTreeMap<String, Channel>,
    heartbeat: Option<&Heartbeat>,
) -> (BTreeMap<String, Arc<Outlet>>, Arc<Outlet>) {
    let mut made: Vec<(Access, Arc<Outlet>)> = Vec::new();
    let mut to = |access: &Access| {
        if let Some((_, outlet)) = made.iter().find(|(known, _)| known == access) {
            return Arc::clone(outlet);
        }
        let outlet = Arc::new(Outlet::new(access.clone()));
        made.push((access.clone(), Arc::clone(&outlet)));
        outlet
    };
    let posting = |(name, channel): (&String, &Channel)| match &channel.way {
        Way::Webhook(webhook) => Some((name.clone(), to(&webhook.access))),
        Way::Email(_) => None,
    };
    let outlets = channels.iter().filter_map(posting).collect();
    let beat = heartbeat.map(|heartbeat| heartbeat.access.clone()).unwrap_or_default();
    (outlets, to(&beat))
}

/// This host's name.
pub fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}
