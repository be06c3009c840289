//! What a delivery draws, out of what was recorded.

use std::time::Duration;

use crate::decide::curve::Curve;
use crate::model::notice::Notice;
use crate::store::Store;

/// A delivery does not wait longer for its picture.
const PATIENCE: Duration = Duration::from_secs(3);

/// The notice's curve; a delivery without one is better than none.
pub(super) async fn of(store: &Store, notice: &Notice) -> Option<Curve> {
    notice.reason.as_ref()?;
    match tokio::time::timeout(PATIENCE, store.past(notice.release.as_ref()?)).await {
        Ok(Ok(past)) => Curve::of(notice, past.released, &past.happened),
        Ok(Err(error)) => {
            tracing::warn!(notice = notice.id, "failed to draw what was measured: {error}");
            None
        }
        Err(_) => {
            tracing::warn!(notice = notice.id, "failed to read what was measured within {PATIENCE:?}");
            None
        }
    }
}
