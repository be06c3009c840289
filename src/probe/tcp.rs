//! Whether a TCP connection can be opened.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::resolve::Resolver;
use super::seen;
use crate::model::sample::Outcome;

/// An address that keeps silent holds the next one up for so long (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Tcp {
    /// `host:port`, as configured.
    address: String,
    resolver: Resolver,
}

impl Tcp {
    pub(super) fn new(address: &str, resolver: &Resolver) -> Self {
        Self { address: address.to_owned(), resolver: resolver.clone() }
    }

    /// Whether the name's resolution is what is waited for.
    pub(super) fn resolving(&self) -> bool {
        self.parts().is_some_and(|(host, _)| self.resolver.pending(host))
    }

    pub(super) async fn look(&self) -> Outcome {
        self.connect().await.map_or_else(|outcome| outcome, |_| Outcome::Ok)
    }

    /// A connection; what was seen instead.
    pub(super) async fn connect(&self) -> Result<TcpStream, Outcome> {
        if let Ok(address) = self.address.parse() {
            return reach(vec![address]).await;
        }
        let Some((host, port)) = self.parts() else {
            return Err(Outcome::Blind(format!("{} is not HOST:PORT", seen::quote(&self.address))));
        };
        match self.resolver.lookup(host).await {
            Ok(found) => {
                reach(found.into_iter().map(|found| SocketAddr::new(found.ip(), port)).collect()).await
            }
            Err(error) => Err(Outcome::Blind(seen::quote(&error.to_string()))),
        }
    }

    fn parts(&self) -> Option<(&str, u16)> {
        let (host, port) = self.address.rsplit_once(':')?;
        Some((host, port.parse().ok()?))
    }
}

/// Tries all addresses, the next one as soon as one has failed or kept silent for a while; the first connection counts.
async fn reach(addresses: Vec<SocketAddr>) -> Result<TcpStream, Outcome> {
    let mut addresses = addresses.into_iter();
    let mut trying: FuturesUnordered<_> = addresses.next().map(TcpStream::connect).into_iter().collect();
    let mut worst = Outcome::Blind("there is no address to connect to".to_owned());
    loop {
        let more = addresses.len() > 0;
        tokio::select! {
            tried = trying.next() => match tried {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => worst = worse(worst, seen::io(&error)),
                None if !more => return Err(worst),
                None => {}
            },
            () = tokio::time::sleep(STAGGER), if more => {}
        }
        trying.extend(addresses.next().map(TcpStream::connect));
    }
}

/// What one address of the service refused outweighs that another one cannot be reached from here.
fn worse(before: Outcome, now: Outcome) -> Outcome {
    match (before, now) {
        (before @ Outcome::Failed(_), _) => before,
        (Outcome::Blind(_) | Outcome::Ok, now) => now,
    }
}

#[cfg(test)]
mod tests;
