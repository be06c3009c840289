//! The release that `golive record` and `golive explain` are about.

use jiff::tz::TimeZone;

use super::{CliError, Context};
use crate::store::{Reader, Story};

/// The named release, or the newest one of the named service or of all, and the zone that its times are told in.
pub(super) fn read(named: Option<&str>, context: &Context) -> Result<(Story, TimeZone), CliError> {
    let config = context.config()?;
    let reader = Reader::open(&config.state_dir)?;
    let service = named.filter(|named| config.services.contains_key(*named));
    let id = match named {
        Some(release) if service.is_none() => Some(release.to_owned()),
        Some(_) | None => reader.latest_release(service)?,
    };
    let id = id.ok_or_else(|| {
        let of = service.map(|service| format!(" of {service}")).unwrap_or_default();
        CliError::Plain(format!("there is no release{of} yet"))
    })?;
    let story = reader.story(&id)?.ok_or_else(|| {
        CliError::Usage(format!("there is no release and no service {id}; `golive releases` lists releases"))
    })?;
    Ok((story, config.timezone.unwrap_or_else(TimeZone::system)))
}
