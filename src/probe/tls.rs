//! Whether the certificates that a server shows are good, for its name and for long enough.

use std::io::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion};
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::fault;
use super::resolve::Resolver;
use super::seen::{io, quote};
use super::tcp::Tcp;
use crate::clock::Clock;
use crate::config::{TlsCheck, TlsVersion};
use crate::model::figure::Figure;
use crate::model::sample::Outcome;
use crate::outbound::tls;

const DAY: i64 = 24 * 60 * 60;

/// The server at one address.
#[derive(Debug)]
pub(super) struct Tls {
    tcp: Tcp,
    check: TlsCheck,
    /// What is believed, and when the file was written that says so.
    believed: Mutex<Option<(Option<SystemTime>, Arc<ClientConfig>)>>,
}

/// One certificate of the chain.
struct Shown {
    subject: String,
    not_after: Timestamp,
}

impl Tls {
    pub(super) fn new(check: &TlsCheck, resolver: &Resolver) -> Self {
        let tcp = Tcp::new(&check.address, resolver);
        Self { tcp, check: check.clone(), believed: Mutex::default() }
    }

    /// Whether the name's resolution is what is waited for.
    pub(super) fn resolving(&self) -> bool {
        self.tcp.resolving()
    }

    pub(super) async fn look(&self, clock: &Clock) -> (Outcome, Option<Figure>) {
        let config = match self.believed() {
            Ok(config) => config,
            Err(why) => return (Outcome::Blind(why), None),
        };
        let host = self.check.address.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
        let name = self.check.name.as_deref().unwrap_or(host);
        let Ok(name) = ServerName::try_from(name.to_owned()) else {
            return (Outcome::Blind(format!("{} is not the name of a server", quote(name))), None);
        };
        let stream = match self.tcp.connect().await {
            Ok(stream) => stream,
            Err(outcome) => return (outcome, None),
        };
        match TlsConnector::from(config).connect(name, stream).await {
            Ok(stream) => {
                let (_, session) = stream.get_ref();
                let chain = session.peer_certificates().unwrap_or_default();
                self.judged(session.protocol_version(), chain, clock.now())
            }
            Err(error) => (refused(&error), None),
        }
    }

    /// A file of authorities that has changed is read anew.
    fn believed(&self) -> Result<Arc<ClientConfig>, String> {
        let file = self.check.ca_file.as_ref();
        let written = file.and_then(|file: &PathBuf| file.metadata().ok()?.modified().ok());
        let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = believed.as_ref().filter(|(then, _)| *then == written) {
            return Ok(Arc::clone(config));
        }
        let mut config =
            tls::client(file.map(PathBuf::as_path), None).map_err(|why| format!("failed to {why}"))?;
        // A session that is taken up again shows the certificates of then, and nobody looks at them anew.
        config.resumption = Resumption::disabled();
        let config = Arc::new(config);
        *believed = Some((written, Arc::clone(&config)));
        Ok(config)
    }

    /// The certificates are good now. They are wanted to be so for a while, all of them: an intermediate one that ends breaks
    /// the server's, too.
    fn judged(
        &self,
        version: Option<ProtocolVersion>,
        chain: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> (Outcome, Option<Figure>) {
        let shown: Result<Vec<Shown>, String> = chain.iter().map(Shown::read).collect();
        let shown = match shown {
            Ok(shown) => shown,
            Err(why) => return (Outcome::Blind(why), None),
        };
        let Some((place, soonest)) = shown.iter().enumerate().min_by_key(|(_, shown)| shown.not_after) else {
            return (Outcome::Failed("it shows no certificate".to_owned()), None);
        };
        let days = (soonest.not_after.as_second() - now.as_second()).div_euclid(DAY);
        let wanted = self.check.days;
        let figure = Some(Figure::days(days, wanted));
        if self.check.min == TlsVersion::V13 && version == Some(ProtocolVersion::TLSv1_2) {
            return (
                Outcome::Failed("it agrees on no TLS newer than 1.2, and 1.3 is wanted".to_owned()),
                figure,
            );
        }
        if days >= i64::from(wanted) {
            return (Outcome::Ok, figure);
        }
        let whose = match place {
            0 => "its certificate".to_owned(),
            _ => format!("the certificate of {}, which it shows with its own,", quote(&soonest.subject)),
        };
        let seen = format!(
            "{whose} is good for {days} more days, until {}, and {wanted} are wanted",
            soonest.not_after
        );
        (Outcome::Failed(seen), figure)
    }
}

impl Shown {
    fn read(der: &CertificateDer<'_>) -> Result<Self, String> {
        let read =
            Certificate::from_der(der).map_err(|error| format!("a certificate that it shows: {error}"))?;
        let subject = read.tbs_certificate.subject.to_string();
        let ends = read.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
        // RFC 5280 section 4.1.2.5: the year 9999 is for ever.
        let not_after = i64::try_from(ends).ok().and_then(|ends| Timestamp::from_second(ends).ok());
        Ok(Self { subject, not_after: not_after.unwrap_or(Timestamp::MAX) })
    }
}

fn refused(error: &Error) -> Outcome {
    match fault::of_tls(error) {
        Some(error) => Outcome::Failed(quote(&tls::words(error))),
        None => io(error),
    }
}

#[cfg(test)]
mod tests;
