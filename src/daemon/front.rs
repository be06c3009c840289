//! What the daemon shows on TCP, where `[page]` asks for it.
//!
//! One task, which waits for the address to be free, then for connections. Without the page everything else goes on.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Daemon, chain};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::decide::action::Answer;
use crate::decide::view::View;
use crate::metrics::Metrics;
use crate::model::event::Event;
use crate::notify::{Links, host};
use crate::page::{self, Ask, Shelf, Stage, Told};
use crate::store::Store;
use crate::text::Texts;
use crate::ticket::{Ticket, Tickets, USED_MAX};

/// An address that cannot be listened on is tried again after this: it may come with a network that is slow to start.
const AGAIN: Duration = Duration::from_secs(5);

/// So many of the last deliveries are shown.
const DELIVERIES: u32 = 10;

/// The page, while there is one.
pub(super) struct Front {
    clock: Clock,
    views: watch::Receiver<Arc<View>>,
    asks: mpsc::Sender<Ask>,
    metrics: Metrics,
    tasks: TaskTracker,
    stop: CancellationToken,
    tickets: Option<Arc<Tickets>>,
    shown: Option<(config::Page, config::Language, CancellationToken)>,
}

impl Front {
    /// Nothing is shown before [`Front::follow`]. The other end is the loop's.
    pub(super) async fn new(
        (store, clock): (&Store, Clock),
        views: watch::Receiver<Arc<View>>,
        metrics: &Metrics,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> (Self, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(16);
        let (metrics, tasks, stop) = (metrics.clone(), tasks.clone(), stop.clone());
        let tickets = tickets(store).await;
        (Self { clock, views, asks, metrics, tasks, stop, tickets, shown: None }, asked)
    }

    /// Brings what is shown in line with the configuration. What alerts link to, where there is such a page.
    pub(super) fn follow(&mut self, config: &Config) -> Option<Links> {
        let links = config.page.as_ref().and_then(|page| page.url.clone()).and_then(|page| {
            let tickets = self.tickets.clone()?;
            Some(Links { tickets, page })
        });
        let same = self.shown.as_ref().map(|(page, language, _)| (page, *language));
        if same == config.page.as_ref().map(|page| (page, config.language)) {
            return links;
        }
        if let Some((_, _, old)) = self.shown.take() {
            old.cancel();
        }
        if let Some(page) = &config.page {
            let stop = self.stop.child_token();
            self.tasks.spawn(show(page.clone(), self.stage(config, page), stop.clone()));
            self.shown = Some((page.clone(), config.language, stop));
        }
        links
    }

    fn stage(&self, config: &Config, page: &config::Page) -> impl Fn() -> Stage + Send + 'static {
        let (views, asks, metrics, clock) =
            (self.views.clone(), self.asks.clone(), self.metrics.clone(), self.clock);
        let (tickets, language, zone) = (self.tickets.clone(), config.language, config.timezone.clone());
        let url = page.url.as_deref().and_then(|url| reqwest::Url::parse(url).ok());
        let names = url.and_then(|url| url.host_str().map(str::to_owned));
        move || Stage {
            views: views.clone(),
            asks: asks.clone(),
            metrics: metrics.clone(),
            tickets: tickets.clone(),
            texts: Texts::new(language, zone.clone()),
            clock,
            host: host(),
            names: names.iter().cloned().chain([host()]).collect(),
        }
    }
}

/// What makes links and knows those that were used; alerts go out without where it cannot be had.
async fn tickets(store: &Store) -> Option<Arc<Tickets>> {
    let fresh = Tickets::fresh_key();
    let fresh = fresh.inspect_err(|error| tracing::error!(%error, "failed to make a key of links")).ok()?;
    match store.links(fresh).await {
        Ok((key, used)) => Some(Arc::new(Tickets::new(key, used))),
        Err(error) => {
            tracing::error!("failed to read the key of links; alerts go out without: {}", chain(&error));
            None
        }
    }
}

async fn show(page: config::Page, stage: impl Fn() -> Stage, stop: CancellationToken) {
    let listen = async {
        let mut told = false;
        loop {
            match TcpListener::bind(page.listen).await {
                Ok(listener) => return listener,
                Err(error) if told => tracing::debug!(%error, "the page still has no address"),
                Err(error) => {
                    tracing::error!(%error, "failed to listen on {}; the page comes when that works", page.listen);
                    told = true;
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    };
    let Some(listener) = stop.run_until_cancelled(listen).await else { return };
    tracing::info!("the page is at http://{}", page.listen);
    page::serve(listener, stage(), stop).await;
}

impl Daemon {
    /// Answers the page.
    pub(super) fn shown(&mut self, ask: Ask) {
        // Whoever asked may have gone meanwhile.
        match ask {
            Ask::Pulse(reply) => drop(reply.send(())),
            Ask::Shelf(reply) => {
                let store = self.store.clone();
                self.tasks.spawn(async move { drop(reply.send(shelf(&store).await)) });
            }
            Ask::Acknowledge { ticket, reply } => {
                let event = Event::Acknowledged { incident: ticket.incident.clone(), by: "link".to_owned() };
                let (tickets, store, now) =
                    (self.front.tickets.clone(), self.store.clone(), self.clock.now());
                let tasks = self.tasks.clone();
                self.ask(event, move |answer| match answer {
                    Answer::Refused { why } => drop(reply.send(Err(why))),
                    Answer::Done { .. }
                    | Answer::Plan { .. }
                    | Answer::Checklist { .. }
                    | Answer::Drill { .. } => {
                        tasks.spawn(async move {
                            spend(tickets.as_deref(), &store, &ticket, now).await;
                            drop(reply.send(Ok(())));
                        });
                    }
                });
            }
        }
    }
}

/// Whoever followed a link hears that it worked when it is good for nothing any more, also after a restart.
async fn spend(tickets: Option<&Tickets>, store: &Store, ticket: &Ticket, now: Timestamp) {
    if let Some(tickets) = tickets {
        tickets.spend(ticket, now);
    }
    if let Err(error) = store.spend_link((&ticket.sign, ticket.until), USED_MAX, now).await {
        tracing::error!("failed to note that a link was used: {}", chain(&error));
    }
}

async fn shelf(store: &Store) -> Shelf {
    let waiting = store.waiting().await;
    let deliveries = store.last_deliveries(DELIVERIES).await;
    if let Some(error) = waiting.as_ref().err().or(deliveries.as_ref().err()) {
        tracing::warn!("failed to {error}");
    }
    let told = |(notice, channel, state)| Told { notice, channel, state };
    let deliveries = deliveries.unwrap_or_default().into_iter().map(told).collect();
    let record = store.head().await.unwrap_or_default();
    Shelf { waiting: waiting.unwrap_or_default(), deliveries, record }
}
