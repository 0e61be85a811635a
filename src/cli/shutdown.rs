//! Word that the program is to end: SIGTERM, or Ctrl-C at a terminal.

use std::io;

use gemwatch::gem::runtime::exit;
use tokio::signal::unix::{SignalKind, signal as unix_signal};
use tokio::sync::watch;

/// Word that the program is to end. Every clone hears it.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// Listens for signals from here on. Needs a running `tokio` runtime.
pub fn signal() -> io::Result<Shutdown> {
    let mut terminate = unix_signal(SignalKind::terminate())?;
    let mut interrupt = unix_signal(SignalKind::interrupt())?;
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: ending"),
            _ = interrupt.recv() => tracing::info!("SIGINT: ending"),
        }
        tell.send_replace(true);
        // A second signal ends the program the hard way, should the graceful one take too long.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        exit(1);
    });
    Ok(Shutdown(told))
}

impl Shutdown {
    /// Done when the program is to end.
    pub async fn requested(mut self) {
        // The task that tells lives as long as the process.
        let _ = self.0.wait_for(|told| *told).await;
    }
}
