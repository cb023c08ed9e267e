//! The signal by which background work is told to finish.

use tokio::sync::watch;

/// Tells background work to finish; dropping it does so too.
#[derive(Debug)]
pub struct Stopper {
    sender: watch::Sender<bool>,
}

/// Held by background work; cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop {
    receiver: watch::Receiver<bool>,
}

/// A signal and the side that listens.
pub fn stopper() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper { sender }, Stop { receiver })
}

impl Stopper {
    /// Tells all listeners to finish.
    pub fn stop(&self) {
        let _ = self.sender.send(true);
    }

    /// One more listener.
    pub fn listen(&self) -> Stop {
        Stop { receiver: self.sender.subscribe() }
    }
}

impl Stop {
    /// Whether the signal was given.
    pub fn is_set(&self) -> bool {
        *self.receiver.borrow() || self.receiver.has_changed().is_err()
    }

    /// Waits for the signal.
    pub async fn wait(&mut self) {
        let _ = self.receiver.wait_for(|stop| *stop).await;
    }
}
