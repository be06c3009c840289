//! Names to addresses, through the host's own resolver.
//!
//! A resolver that does not answer holds one thread per name, however often the name is asked for, and holds up
//! nothing else: not the end of the process, and no check by address.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::oneshot;

/// More addresses of one name are not tried.
const ADDRESSES: usize = 16;

/// A name could not be turned into an address, which says nothing about the service.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot resolve {host}: {source}")]
pub(super) struct ResolveError {
    host: String,
    source: Arc<Error>,
}

type Found = Result<Vec<SocketAddr>, ResolveError>;
type Lookup = Shared<BoxFuture<'static, Found>>;

/// Asks the host's resolver, for each name one question at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolver {
    pending: Arc<Mutex<BTreeMap<String, Lookup>>>,
}

impl Resolver {
    /// The addresses of a name, with port 0. Whoever asks while a question is open shares its answer.
    pub(super) fn lookup(&self, host: &str) -> Lookup {
        self.lookup_by(host, |host| (host, 0).to_socket_addrs().map(|found| found.take(ADDRESSES).collect()))
    }

    /// Whether a question for this name is open.
    pub(super) fn pending(&self, host: &str) -> bool {
        self.open().contains_key(host)
    }

    pub(super) fn lookup_by<F>(&self, host: &str, ask: F) -> Lookup
    where
        F: FnOnce(&str) -> std::io::Result<Vec<SocketAddr>> + Send + 'static,
    {
        let mut open = self.open();
        if let Some(lookup) = open.get(host) {
            return lookup.clone();
        }
        let failed = {
            let host = host.to_owned();
            move |error: Error| ResolveError { host, source: Arc::new(error) }
        };
        let (tell, told) = oneshot::channel();
        let (resolver, name) = (self.clone(), host.to_owned());
        let asking = move || {
            let found = ask(&name).map(reachable);
            resolver.open().remove(&name);
            // Nobody may be waiting any more.
            let _ = tell.send(found);
        };
        let thread = std::thread::Builder::new().name("resolve".to_owned()).spawn(asking);
        let lookup = async move {
            thread.map_err(failed.clone())?;
            let found = told.await.unwrap_or_else(|_| Err(Error::other("the resolver gave up")));
            match found {
                Ok(found) if found.is_empty() => Err(failed(Error::new(ErrorKind::NotFound, "no address"))),
                found => found.map_err(failed),
            }
        };
        let lookup = lookup.boxed().shared();
        open.insert(host.to_owned(), lookup.clone());
        lookup
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Lookup>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let lookup = self.lookup(name.as_str());
        Box::pin(async move {
            let found: reqwest::dns::Addrs = Box::new(lookup.await?.into_iter());
            Ok(found)
        })
    }
}

/// Without the addresses that this host has no route to (no IPv6, say), unless there are no others: their errors
/// would hide what the service itself does. Connecting a datagram socket sends nothing.
fn reachable(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let has_route = |address: &SocketAddr| {
        let from = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let to = SocketAddr::new(address.ip(), 53);
        UdpSocket::bind(from).and_then(|socket| socket.connect(to)).is_ok()
    };
    let good: Vec<SocketAddr> = found.iter().copied().filter(has_route).collect();
    if good.is_empty() { found } else { good }
}

#[cfg(test)]
mod tests;
