//! The HTTP clients that all checks share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Url, redirect};
use rustls::{ClientConfig, RootCertStore};

use crate::probe::resolve::Resolver;

/// Idle connections are kept for longer than any usual interval.
const IDLE: Duration = Duration::from_secs(90);
/// Checks of one host that are due at the same time share so many kept connections; more are opened anew.
const IDLE_PER_HOST: usize = 2;

/// One client for `http:` and one for `https:`.
///
/// The host's certificates are loaded by the first check that needs them: they cost memory, and a host that has none
/// can still be checked without TLS.
#[derive(Debug)]
pub(in crate::probe) struct Web {
    resolver: Resolver,
    plain: Client,
    secure: Mutex<Option<Client>>,
}

impl Web {
    pub(in crate::probe) fn new(resolver: Resolver) -> Result<Self, reqwest::Error> {
        let plain = without_tls(builder(&resolver)).build()?;
        Ok(Self { plain, secure: Mutex::new(None), resolver })
    }

    pub(in crate::probe) fn client(&self, url: &Url) -> Result<Client, reqwest::Error> {
        if url.scheme() != "https" {
            return Ok(self.plain.clone());
        }
        let mut secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*secure {
            return Ok(client.clone());
        }
        Ok(secure.insert(builder(&self.resolver).build()?).clone())
    }
}

/// For `http:` alone: it trusts nobody, and as redirects are off, it never speaks TLS.
pub(in crate::probe) fn without_tls(builder: ClientBuilder) -> ClientBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    match versions {
        Ok(tls) => {
            let tls = tls.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            builder.tls_backend_preconfigured(tls)
        }
        Err(_) => builder,
    }
}

/// Without a deadline: whoever asks sets one around all of it.
pub(in crate::probe) fn builder(resolver: &Resolver) -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .dns_resolver(resolver.clone())
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .user_agent(concat!("golive/", env!("CARGO_PKG_VERSION")))
}
