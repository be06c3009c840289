use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::{Config, Mistakes};

mod acceptance;
mod compose;
mod drill;
mod environment;
mod guards;
mod judging;
mod layers;
mod outward;
mod properties;
mod secrets;
mod shipped;
mod templates;
mod values;
mod webhooks;
mod wrong;

/// A directory for a configuration.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file that only its owner can read.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Config, Mistakes> {
        Config::load_with(&self.path("rules.toml"), &Environment::of(environment))
    }

    /// The mistakes as plain text, with the directory left out.
    fn told(&self, environment: &[(&str, &str)]) -> String {
        let mistakes = self.load(environment).expect_err("the configuration is wrong");
        mistakes.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn load(text: &str) -> Result<Config, Mistakes> {
    load_with(text, &[])
}

fn load_with(text: &str, environment: &[(&str, &str)]) -> Result<Config, Mistakes> {
    let place = Place::new();
    place.write("rules.toml", text);
    place.load(environment)
}

/// The mistakes of a text, as plain text.
fn told(text: &str) -> String {
    let place = Place::new();
    place.write("rules.toml", text);
    place.told(&[])
}

/// A service that is right, for more to be added to.
const SERVICE: &str =
    "[service.api]\ncontainer = \"api\"\n[service.api.health.web]\nurl = \"http://[::1]:80/\"\n";

/// The repository's own file.
fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}
