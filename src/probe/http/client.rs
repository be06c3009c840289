//! The HTTP clients that all checks share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::{Client, ClientBuilder, Url, redirect};

use crate::outbound::{tls, without_tls};
use crate::probe::fault;
use crate::probe::resolve::Resolver;

/// Idle connections are kept for longer than any usual interval.
const IDLE: Duration = Duration::from_secs(90);
/// Checks of one host that are due at the same time share so many kept connections; more are opened anew.
const IDLE_PER_HOST: usize = 2;
/// A head with more lines is too long. What is in them is nobody's business here.
const HEADERS_MAX: usize = 1000;

/// What becomes of a connection when its answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::probe) enum Connections {
    /// It serves the next request too.
    Kept,
    /// Each request has one of its own: whoever balances them sends each somewhere else.
    New,
}

/// For each way to use connections one client for `http:`, and for `https:` one for each file of authorities.
///
/// The host's certificates are loaded by the first check that needs them: they cost memory, and a host that has none
/// can still be checked without TLS.
#[derive(Debug)]
pub(in crate::probe) struct Web {
    resolver: Resolver,
    plain: Client,
    unkept: Client,
    /// By file; without one, the host's own authorities are asked.
    secure: Mutex<BTreeMap<(Option<PathBuf>, Connections), Secure>>,
}

#[derive(Debug)]
struct Secure {
    client: Client,
    /// When the file was written that it was made from.
    written: Option<SystemTime>,
}

impl Web {
    pub(in crate::probe) fn new(resolver: Resolver) -> Result<Self, reqwest::Error> {
        let plain = |connections: Connections| without_tls(connections.of(builder(&resolver))).build();
        let (plain, unkept) = (plain(Connections::Kept)?, plain(Connections::New)?);
        Ok(Self { plain, unkept, secure: Mutex::default(), resolver })
    }

    /// The client for a URL. A file of authorities that has changed is read anew: certificates are renewed.
    pub(in crate::probe) fn client(
        &self,
        url: &Url,
        ca_file: Option<&Path>,
        connections: Connections,
    ) -> Result<Client, String> {
        if url.scheme() != "https" {
            let plain = if connections == Connections::Kept { &self.plain } else { &self.unkept };
            return Ok(plain.clone());
        }
        let written = ca_file.and_then(|file| file.metadata().ok()?.modified().ok());
        let mut secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (ca_file.map(Path::to_path_buf), connections);
        if let Some(made) = secure.get(&key).filter(|made| made.written == written) {
            return Ok(made.client.clone());
        }
        let builder = connections.of(builder(&self.resolver));
        let failed = |why: String| format!("failed to {why}");
        let builder = match ca_file {
            Some(file) => builder.tls_backend_preconfigured(tls::client(Some(file), None).map_err(failed)?),
            None => builder,
        };
        let client = builder.build().map_err(|error| format!("TLS: {}", fault::root(&error)))?;
        secure.insert(key, Secure { client: client.clone(), written });
        Ok(client)
    }
}

impl Connections {
    pub(in crate::probe) fn kept(kept: bool) -> Self {
        if kept { Self::Kept } else { Self::New }
    }

    fn of(self, builder: ClientBuilder) -> ClientBuilder {
        match self {
            Self::Kept => builder,
            Self::New => builder.pool_max_idle_per_host(0),
        }
    }
}

/// Without a deadline: whoever asks sets one around all of it. A head that browsers and curl take is taken: a blank
/// before a colon, a line that goes on in the next one, a line that is none.
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
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_max_headers(HEADERS_MAX)
        .user_agent(concat!("golive/", env!("CARGO_PKG_VERSION")))
}
