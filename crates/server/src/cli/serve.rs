//! `haidang serve`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use tokio::net::TcpListener;

use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::{Config, Environment};

/// Serve the city until told to stop.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port, instead of `server.listen`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

pub(crate) async fn run(command: Serve, mut config: Config) -> Result<Outcome> {
    if let Some(listen) = command.listen {
        config.server.listen = listen;
    }
    if config.city.environment == Environment::Production && config.store.folder.join("demo.json").exists() {
        bail!("{} holds a demonstration city; it is never served as production", config.store.folder.display());
    }
    // The port is taken first: with port 0 the city's own address is known only then.
    let listener = TcpListener::bind(config.server.listen).await.with_context(|| config.server.listen.to_string())?;
    config.server.listen = listener.local_addr()?;
    let city = City::open(config, Surroundings::system()).await?;
    if city.config.city.environment == Environment::Production {
        city.identity.check_upstreams().await.map_err(anyhow::Error::msg)?;
    }
    serve(city, listener).await
}

/// Serves an opened city on a listener until the process is told to stop; nothing that was begun is lost.
pub async fn serve(city: City, listener: TcpListener) -> Result<Outcome> {
    haidang_web::metrics::install();
    let door = open_door(&city).await?;
    let tracking = crate::tracker::start(&city).await?;
    let work = city.start_work();
    let origin = city.config.origin(listener.local_addr()?.port());
    tracing::info!(origin = %origin, environment = city.config.city.environment.name(), "ready");
    say(format_args!("Hải Đăng: {origin}"))?;
    let grace = Duration::from_secs(city.config.server.shutdown_seconds);
    let (told, heard) = tokio::sync::oneshot::channel::<()>();
    let serving = city.served.clone().serve(listener, async move {
        signalled().await;
        tracing::info!("stopping");
        let _ = told.send(());
    });
    tokio::select! {
        served = serving => served?,
        // Requests that outlive the grace are cut off; their transactions roll back.
        () = async { let _ = heard.await; tokio::time::sleep(grace).await } => {
            tracing::warn!("requests were still running after the grace");
        }
    }
    if let Some(door) = door {
        door.await??;
    }
    if let Some(tracking) = tracking {
        tracking.finish().await;
    }
    work.finish().await;
    city.db.close().await;
    Ok(Outcome::Good)
}

/// Opens the door of the exchange to the information systems of this machine, where one is configured.
async fn open_door(city: &City) -> Result<Option<tokio::task::JoinHandle<Result<()>>>> {
    let address = city.config.exchange.listen.as_str();
    let Some(exchange) = city.exchange.clone().filter(|_| !address.is_empty()) else { return Ok(None) };
    let door = TcpListener::bind(address).await.with_context(|| format!("exchange.listen {address}"))?;
    say(format_args!("Trục tích hợp, chia sẻ dữ liệu / data exchange: http://{}", door.local_addr()?))?;
    Ok(Some(tokio::spawn(async move { exchange.answer(door, signalled()).await })))
}

/// Ends when the process is told to stop: Ctrl+C or SIGTERM.
pub(super) async fn signalled() {
    let interrupt = async {
        // Without a handler the process would end at once, which is as good a stop as any.
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            },
            Err(_) => interrupt.await,
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
