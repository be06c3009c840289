//! SIGHUP: a good configuration replaces the old one; one that is wrong, or that cannot be followed now, is refused
//! and told, and the old one stays in force.

use std::sync::Arc;

use super::{Daemon, chain};
use crate::config::Config;
use crate::model::event::Event;
use crate::notify::Notifier;
use crate::systemd;

impl Daemon {
    pub(super) fn reload(&mut self) {
        systemd::reloading();
        let event = match self.load() {
            Ok(()) => Event::ConfigReloaded,
            Err(why) => {
                tracing::error!("the new configuration is refused and the old one stays in force: {why}");
                Event::ConfigRejected { why }
            }
        };
        self.take(vec![event]);
        systemd::ready();
    }

    fn load(&mut self) -> Result<(), String> {
        let config = Config::load(&self.config_path).map_err(|mistakes| mistakes.summary())?;
        self.follows(&config)?;
        let notifier = Notifier::new(&config);
        self.services.follow(&config).map_err(|error| chain(&error))?;
        let notifier = notifier.linking(self.front.follow(&config));
        self.state.follow(config.policy(), self.clock.now());
        self.notifier.send_replace(Arc::new(notifier));
        self.upkeep.follow(&config);
        self.follow_ups.follow(&config);
        self.config = config;
        tracing::info!("the new configuration is in force");
        Ok(())
    }

    /// Whether a good configuration can be followed now; else why not, and what to do.
    fn follows(&self, config: &Config) -> Result<(), String> {
        if config.state_dir != self.config.state_dir {
            let (old, new) = (self.config.state_dir.display(), config.state_dir.display());
            return Err(format!(
                "state.dir was changed from {old} to {new}, which needs a restart of golive"
            ));
        }
        // Its worker would be gone in the middle of the swap, and nobody would end it.
        match self.state.rolling_back().find(|service| !self.services.stays(service, config)) {
            Some(service) => Err(format!(
                "the service {service} is being rolled back and cannot be left out or moved before that is over; \
                 reload again then"
            )),
            None => Ok(()),
        }
    }
}
