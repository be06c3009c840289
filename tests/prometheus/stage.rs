//! A Prometheus of the test's own, and a service that it scrapes every second.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use golive::clock::Clock;
use golive::config::{self, Measured, Query};
use golive::docker::Engine;
use golive::model::reading::{Measure, Requests, Stream};
use golive::probe::Tools;
use golive::probe::prometheus::{Meter, Server};
use golive_fixtures::prometheus::Prometheus;
use golive_fixtures::receiver::Receiver;

/// Nothing that is waited for here may take longer.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_millis(200);

/// What is scraped.
pub(crate) struct Service {
    receiver: Receiver,
    body: Arc<Mutex<String>>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let body = Arc::new(Mutex::new(String::new()));
        let said = Arc::clone(&body);
        let receiver = Receiver::answering(move |_| ("200 OK", said.lock().unwrap().clone()));
        Self { receiver, body }
    }

    pub(crate) fn says(&self, body: &str) {
        body.clone_into(&mut self.body.lock().unwrap());
    }
}

/// A Prometheus that ends with the test.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) url: String,
    prometheus: RefCell<Prometheus>,
}

impl Stage {
    pub(crate) fn start(service: &Service) -> Self {
        Self::scraping(&service.receiver.address)
    }

    /// Scrapes what is at that address, every second.
    pub(crate) fn scraping(address: &str) -> Self {
        Self::of(Prometheus::scraping(address))
    }

    /// With alerting rules.
    pub(crate) fn ruled(service: &Service, alerts: &str) -> Self {
        Self::of(Prometheus::ruled(&service.receiver.address, alerts))
    }

    fn of(prometheus: Prometheus) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tools = Tools::new(&Engine::new(Path::new("/nonexistent/docker.sock")).unwrap()).unwrap();
        let url = prometheus.url();
        let config = config::Prometheus {
            url: url.clone(),
            timeout: Duration::from_secs(10),
            access: config::Access::default(),
        };
        Self { server: Server::new(&config, &tools), url, prometheus: RefCell::new(prometheus) }
    }

    /// Ends Prometheus.
    pub(crate) fn end(&self) {
        self.prometheus.borrow_mut().end();
    }

    /// What a new meter gives.
    pub(crate) async fn ask(&self, measured: &Measured) -> Option<Measure> {
        self.read(&mut Meter::new(measured).unwrap()).await
    }

    pub(crate) async fn read(&self, meter: &mut Meter) -> Option<Measure> {
        meter.read(&self.server, &Clock::start()).await.reading.map(|reading| reading.measure)
    }

    /// Asks until the sum of a query is as the test waits for it.
    pub(crate) async fn until(&self, query: &str, done: impl Fn(&Measure) -> bool) {
        let query = Query::Value(format!("sum({query})"));
        let measured = Measured::new(Stream::Business("until".to_owned()), query);
        let wait = async {
            while !self.ask(&measured).await.as_ref().is_some_and(&done) {
                tokio::time::sleep(BETWEEN).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("Prometheus has scraped by now");
    }

    /// Asks until the answer, or why there is none, begins as the test waits for it.
    pub(crate) async fn says(&self, measured: &Measured, begins: &str) {
        let mut last = String::new();
        let wait = async {
            while !last.starts_with(begins) {
                tokio::time::sleep(BETWEEN).await;
                last = match self.ask(measured).await {
                    Some(Measure::Blind(why)) => why,
                    Some(measure) => format!("{measure:?}"),
                    None => String::new(),
                };
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, wait).await.is_ok();
        assert!(in_time, "{measured:?} should give {begins:?}, and gives {last:?}");
    }

    /// Adds up what is measured until it is so many requests.
    pub(crate) async fn sum(&self, meter: &mut Meter, total: u64) -> Requests {
        let mut sum = Requests::default();
        let wait = async {
            while sum.seen.total < total {
                if let Some(Measure::Requests(more)) = self.read(meter).await {
                    sum.seen += more.seen;
                    sum.newborn += more.newborn;
                    for (version, counts) in more.versions {
                        *sum.versions.entry(version).or_default() += counts;
                    }
                }
                tokio::time::sleep(BETWEEN).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("they are measured by now");
        sum
    }
}
