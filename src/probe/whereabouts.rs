//! Where a name leads, and where a service's containers are: what asks much of a server has to know whose it is.

use std::net::IpAddr;

use super::Tools;
use super::seen::quote;
use crate::config::Runtime;

impl Tools {
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
