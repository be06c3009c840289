//! Where a name leads, and where a service's containers are: what asks much of a server has to know whose it is.

use std::net::IpAddr;

use reqwest::Url;

use super::Tools;
use super::seen::quote;
use crate::config::Runtime;
use crate::model::phrase::Phrase;

/// A URL without what may be secret in it.
pub fn place(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return "an address that is none".to_owned() };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    quote(&format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path()))
}

impl Tools {
    /// Where what asks often may go: to this host, to the service's own containers, or where the rules name the host. A name that
    /// leads somewhere else besides is not followed at all.
    pub async fn aimed(
        &self,
        url: &str,
        runtime: &Runtime,
        allow: Option<&str>,
    ) -> Result<Vec<IpAddr>, Phrase> {
        let url = Url::parse(url).map_err(|error| Phrase::words(&error.to_string()))?;
        let host = url.host_str().unwrap_or_default();
        let found = self.addresses(host).await.map_err(|why| Phrase::words(&why))?;
        if allow == Some(host) || found.iter().all(IpAddr::is_loopback) {
            return Ok(found);
        }
        let own = self.containers(runtime).await;
        let known = own.as_deref().unwrap_or_default();
        match found.iter().find(|address| !address.is_loopback() && !known.contains(address)) {
            None => Ok(found),
            Some(address) => Err(Phrase::new("load.foreign")
                .text("host", host)
                .text("address", address.to_string())
                .text("why", own.err().unwrap_or_default())),
        }
    }

    /// The addresses of a host; why they could not be told.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return Ok(vec![address]);
        }
        let found = self.resolver.lookup(host).await.map_err(|error| quote(&error.to_string()))?;
        Ok(found.into_iter().map(|found| found.ip()).collect())
    }

    /// The addresses that a service's containers have in networks of this host; why they could not be told.
    pub async fn containers(&self, runtime: &Runtime) -> Result<Vec<IpAddr>, String> {
        self.docker.addresses(runtime).await
    }
}
