//! The connection to Prometheus.

use prometheus_http_query::Client;
use reqwest::Url;
use reqwest::header::HeaderMap;

use crate::config;
use crate::outbound::Outlet;
use crate::probe::http::builder;
use crate::probe::resolve::Resolver;
use crate::probe::seen::quote;

/// So many of a step's queries find a kept connection.
const IDLE_PER_HOST: usize = 8;

#[derive(Debug)]
pub(super) struct Connection {
    url: String,
    outlet: Outlet,
    resolver: Resolver,
}

impl Connection {
    pub(super) fn new(config: &config::Prometheus, resolver: &Resolver) -> Self {
        let outlet = Outlet::new(config.access.clone());
        Self { url: config.url.clone(), outlet, resolver: resolver.clone() }
    }

    /// A client, and the headers that are sent with each query.
    pub(super) fn client(&self) -> Result<(Client, HeaderMap), String> {
        let (http, url, headers) = self.http()?;
        let client = Client::from(http, url.as_str()).map_err(|error| quote(&error.to_string()))?;
        Ok((client, headers))
    }

    /// The same for what has no client: where the API's paths begin.
    pub(super) fn http(&self) -> Result<(reqwest::Client, Url, HeaderMap), String> {
        let failed = |why: String| format!("failed to {why}");
        let mut url = Url::parse(&self.url).map_err(|error| format!("its URL {error}"))?;
        let builder = || builder(&self.resolver).pool_max_idle_per_host(IDLE_PER_HOST);
        let http = self.outlet.client(&url, builder).map_err(failed)?;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok((http, url, self.outlet.headers().map_err(failed)?))
    }

    /// An answer without what golive logs in with, which a proxy's error page may repeat.
    pub(super) fn redact(&self, body: Vec<u8>) -> Vec<u8> {
        self.outlet.redact(body)
    }

    /// Through what it goes, for people.
    pub(super) fn way(&self) -> Option<String> {
        let url = Url::parse(&self.url).ok()?;
        self.outlet.proxy(&url).map(|proxy| format!("through the proxy {}", proxy.url))
    }
}
