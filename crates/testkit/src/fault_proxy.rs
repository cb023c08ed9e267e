//! A line between two programs that fails to order, so that tests see what a program does when its network or its peer
//! fails. It carries TCP from a free loopback port to a target and is told, while it runs and for each direction apart,
//! what goes wrong.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

/// Most bytes that are carried at a time.
const PIECE: usize = 16 * 1024;
/// Connections that may wait to be accepted.
const QUEUE: u32 = 16;
/// On loopback the kernel itself answers at once: silence for this long means that the queue is full.
const FULL: Duration = Duration::from_millis(250);
/// How long a peer may go on sending after a clean close.
const FAREWELL: Duration = Duration::from_secs(5);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the caller to the target.
    ToTarget,
    /// From the target to the caller.
    ToCaller,
}

/// What goes wrong with the bytes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing.
    None,
    /// Every piece (at most 16 KiB) comes so much later.
    Delay(Duration),
    /// So many bytes pass in a second; at least one.
    Throttle(u64),
    /// So many bytes pass, counted in each connection since the order, then this happens; with 0 it happens at once.
    After(u64, Then),
}

/// What happens to a connection after its last good byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Both ends get RST.
    Reset,
    /// Both ends get FIN.
    Close,
    /// Nothing more is read, so the sender's buffers fill; the connection stays open.
    Stall,
    /// What comes is read and lost; the connection stays open.
    Swallow,
}

/// What a line has carried since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: usize,
    /// Connections of them that are still open.
    pub open: usize,
    /// Bytes passed on to the target.
    pub to_target: u64,
    /// Bytes passed on to callers.
    pub to_caller: u64,
}

/// The line. When it is dropped, its connections are reset and nobody listens any more.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    to_target: watch::Sender<Disturbance>,
    to_caller: watch::Sender<Disturbance>,
    doors: mpsc::Sender<DoorOrder>,
    counts: watch::Receiver<Counts>,
}

/// Whether new connections are accepted, and whom to tell that it is so now.
type DoorOrder = (bool, oneshot::Sender<()>);

impl FaultProxy {
    /// Listens on a free loopback port and carries what comes to `target`.
    ///
    /// # Errors
    /// What the system says about the socket.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(QUEUE)?;
        let address = listener.local_addr()?;
        let (to_target, target_orders) = watch::channel(Disturbance::None);
        let (to_caller, caller_orders) = watch::channel(Disturbance::None);
        let (doors, door_orders) = mpsc::channel(1);
        let (counted, counts) = watch::channel(Counts::default());
        let line = Line { target, to_target: target_orders, to_caller: caller_orders, counted };
        tokio::spawn(accept(listener, address, line, door_orders));
        Ok(Self { address, to_target, to_caller, doors, counts })
    }

    /// Where callers connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this goes wrong in a direction, in connections that are open and in new ones.
    pub fn disturb(&self, direction: Direction, disturbance: Disturbance) {
        match direction {
            Direction::ToTarget => self.to_target.send_replace(disturbance),
            Direction::ToCaller => self.to_caller.send_replace(disturbance),
        };
    }

    /// Accepts connections and moves nothing in either direction: a peer that is half there.
    pub fn half_open(&self) {
        self.disturb(Direction::ToTarget, Disturbance::After(0, Then::Stall));
        self.disturb(Direction::ToCaller, Disturbance::After(0, Then::Stall));
    }

    /// Answers no new connection at all, not even with a refusal; open ones go on. Returns when it is so.
    pub async fn black_hole(&self) {
        self.door(false).await;
    }

    /// Everything is well again; bytes that were held back go on. Returns when connections are accepted.
    pub async fn normal(&self) {
        self.disturb(Direction::ToTarget, Disturbance::None);
        self.disturb(Direction::ToCaller, Disturbance::None);
        self.door(true).await;
    }

    async fn door(&self, open: bool) {
        let (done, waiting) = oneshot::channel();
        if self.doors.send((open, done)).await.is_ok() {
            // The listening task lives as long as this; without it there is nothing to wait for.
            let _ = waiting.await;
        }
    }

    /// What was carried until now.
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Waits until the counts are so, and returns them; the caller bounds the time.
    pub async fn until(&self, so: impl Fn(&Counts) -> bool) -> Counts {
        let mut counts = self.counts.clone();
        // Without a counting task nothing changes any more: what is there is the end.
        counts.wait_for(so).await.map_or_else(|_| self.counts(), |counts| *counts)
    }
}

/// What every connection of a line shares.
#[derive(Debug, Clone)]
struct Line {
    target: SocketAddr,
    to_target: watch::Receiver<Disturbance>,
    to_caller: watch::Receiver<Disturbance>,
    counted: watch::Sender<Counts>,
}

async fn accept(listener: TcpListener, address: SocketAddr, line: Line, mut orders: mpsc::Receiver<DoorOrder>) {
    // The kernel greets callers for us as long as there is room in the queue: a black hole is a queue that is full.
    let mut fillers = Vec::new();
    let mut known = HashSet::new();
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Some((open, done)) = order else { return };
                if open {
                    fillers.clear();
                } else {
                    fill(address, &mut fillers).await;
                    known.extend(fillers.iter().filter_map(|filler| filler.local_addr().ok()));
                }
                // Nobody waits any more when the test gave up.
                let _ = done.send(());
            }
            accepted = listener.accept(), if fillers.is_empty() => {
                if let Ok((caller, peer)) = accepted
                    && !known.remove(&peer)
                {
                    tokio::spawn(carry_both(caller, line.clone()));
                }
            }
        }
    }
}

async fn fill(address: SocketAddr, fillers: &mut Vec<TcpStream>) {
    while let Ok(Ok(filler)) = timeout(FULL, TcpStream::connect(address)).await {
        fillers.push(filler);
    }
}

/// How a connection ends before both sides have said all they wanted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Reset,
    Close,
}

async fn carry_both(mut caller: TcpStream, line: Line) {
    let Line { target, to_target, to_caller, counted } = line;
    counted.send_modify(|counts| {
        counts.connections += 1;
        counts.open += 1;
    });
    match TcpStream::connect(target).await {
        Ok(mut target) => {
            let (from_caller, into_caller) = caller.split();
            let (from_target, into_target) = target.split();
            let up = carry(from_caller, into_target, to_target, |bytes| {
                counted.send_modify(|counts| counts.to_target += bytes);
            });
            let down = carry(from_target, into_caller, to_caller, |bytes| {
                counted.send_modify(|counts| counts.to_caller += bytes);
            });
            match tokio::try_join!(up, down) {
                Ok(_) => {}
                Err(Ending::Reset) => reset([caller, target]),
                Err(Ending::Close) => close(caller, target).await,
            }
        }
        Err(_) => reset([caller]),
    }
    counted.send_modify(|counts| counts.open -= 1);
}

fn reset<const MANY: usize>(streams: [TcpStream; MANY]) {
    for stream in streams {
        // A connection that is already gone needs no reset.
        let _ = stream.set_zero_linger();
    }
}

/// Says that nothing more comes, and reads what still does: closing over unread bytes would be a reset.
async fn close(mut caller: TcpStream, mut target: TcpStream) {
    let _ = tokio::join!(caller.shutdown(), target.shutdown());
    let (mut nowhere, mut nothing) = (tokio::io::sink(), tokio::io::sink());
    let reading =
        async { tokio::join!(tokio::io::copy(&mut caller, &mut nowhere), tokio::io::copy(&mut target, &mut nothing)) };
    let _ = timeout(FAREWELL, reading).await;
}

enum Act {
    Pass { most: usize },
    Swallow,
    Stall,
    End(Ending),
}

impl Disturbance {
    /// What to do when so many bytes have passed since the order.
    fn act(self, passed: u64) -> Act {
        let most = match self {
            Self::None | Self::Delay(_) => u64::MAX,
            // Fifty pieces a second make an even flow.
            Self::Throttle(rate) => (rate / 50).max(1),
            Self::After(bytes, then) => match (bytes.saturating_sub(passed), then) {
                (0, Then::Reset) => return Act::End(Ending::Reset),
                (0, Then::Close) => return Act::End(Ending::Close),
                (0, Then::Stall) => return Act::Stall,
                (0, Then::Swallow) => return Act::Swallow,
                (left, _) => left,
            },
        };
        Act::Pass { most: usize::try_from(most).unwrap_or(PIECE).min(PIECE) }
    }

    /// How long a piece of so many bytes waits.
    fn pause(self, bytes: usize) -> Duration {
        match self {
            Self::None | Self::After(..) => Duration::ZERO,
            Self::Delay(time) => time,
            Self::Throttle(rate) => {
                Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX)
                    / u32::try_from(rate.max(1)).unwrap_or(u32::MAX)
            }
        }
    }
}

/// Carries one direction to its end. An order that comes meanwhile holds at once, also for bytes already read.
async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut orders: watch::Receiver<Disturbance>,
    count: impl Fn(u64),
) -> Result<(), Ending> {
    let mut buffer = vec![0; PIECE];
    let (mut held, mut passed) = (0..0, 0u64);
    loop {
        let order = *orders.borrow_and_update();
        let most = match order.act(passed) {
            Act::Pass { most } => most,
            Act::End(ending) => return Err(ending),
            Act::Swallow => {
                held = 0..0;
                PIECE
            }
            Act::Stall => {
                orders.changed().await.map_err(|_| Ending::Reset)?;
                passed = 0;
                continue;
            }
        };
        if held.is_empty() {
            tokio::select! {
                biased;
                told = orders.changed() => {
                    told.map_err(|_| Ending::Reset)?;
                    passed = 0;
                }
                read = from.read(&mut buffer) => match read {
                    // Whoever gets no end because the other side is gone finds out by itself.
                    Ok(0) => return to.shutdown().await.or(Ok(())),
                    Ok(length) => held = 0..length,
                    Err(_) => return Err(Ending::Reset),
                },
            }
            continue;
        }
        let piece = buffer.get(held.start..held.end.min(held.start + most)).unwrap_or_default();
        let pause = order.pause(piece.len());
        let writing = async {
            if !pause.is_zero() {
                sleep(pause).await;
            }
            to.write(piece).await
        };
        tokio::select! {
            biased;
            told = orders.changed() => {
                told.map_err(|_| Ending::Reset)?;
                passed = 0;
            }
            written = writing => {
                let written = written.map_err(|_| Ending::Reset)?;
                held.start += written;
                passed += written as u64;
                count(written as u64);
            }
        }
    }
}
