//! Which Docker Engine the demo is given on.

use std::path::PathBuf;

use super::DemoError;
use crate::docker::SOCKET;
use crate::untrusted::clean;

/// Where the engine listens that `docker` would speak to, too, by what `DOCKER_HOST` says.
pub(super) fn socket(host: Option<&str>) -> Result<PathBuf, DemoError> {
    let host = host.filter(|host| !host.is_empty()).unwrap_or(SOCKET);
    let path = host.strip_prefix("unix://").unwrap_or(host);
    if path.starts_with('/') {
        return Ok(path.into());
    }
    Err(DemoError::Elsewhere { host: clean(host) })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_engine_is_the_one_that_docker_would_speak_to() {
        for (host, path) in [
            (None, "/var/run/docker.sock"),
            (Some(""), "/var/run/docker.sock"),
            (Some("unix:///run/user/1000/docker.sock"), "/run/user/1000/docker.sock"),
            (Some("/run/podman/podman.sock"), "/run/podman/podman.sock"),
        ] {
            assert_eq!(socket(host).unwrap(), Path::new(path), "{host:?}");
        }
        for host in
            ["tcp://10.0.0.7:2376", "ssh://ada@build", "npipe:////./pipe/docker_engine", "docker.sock"]
        {
            let why = socket(Some(host)).unwrap_err().to_string();
            assert!(why.contains(host) && why.contains("unix://"), "{why}");
        }
    }
}
