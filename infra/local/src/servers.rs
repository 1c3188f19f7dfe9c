//! The servers inside this process (issuer, Identity Center, proxy), and the signals that stop it: one thread.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::Sender;

use axum::Router;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;

/// Serves routers in the background until the process ends.
#[derive(Debug, Clone)]
pub(crate) struct Servers(Handle);

impl Servers {
    /// Starts the thread. `interrupted` is told of Ctrl-C and of SIGTERM.
    pub(crate) fn start<E: Send + 'static>(
        interrupted: Sender<E>,
        event: impl Fn() -> E + Send + 'static,
    ) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::io("start a runtime"))?;
        let servers = Self(runtime.handle().clone());
        let (mut interrupt, mut terminate) = {
            let _context = runtime.enter();
            let listen = |kind| signal(kind).map_err(Error::io("listen for signals"));
            (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?)
        };
        std::thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
                    let _ = interrupted.send(event());
                }
            });
        });
        Ok(servers)
    }

    /// Serves on a free loopback port; returns the base URL.
    pub(crate) fn serve(&self, router: Router) -> Result<String, Error> {
        self.serve_knowing(|_| ((), router)).map(|((), url)| url)
    }

    /// Serves what must know its own address: `make` gets the base URL and returns its value with the router.
    pub(crate) fn serve_knowing<T>(&self, make: impl FnOnce(&str) -> (T, Router)) -> Result<(T, String), Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("listen on 127.0.0.1"))?;
        let address = listener.local_addr().map_err(Error::io("look up a port"))?;
        let (value, router) = make(&format!("http://{address}"));
        Ok((value, self.serve_on(listener, router)?))
    }

    /// Serves on a listener; returns the base URL.
    pub(crate) fn serve_on(&self, listener: TcpListener, router: Router) -> Result<String, Error> {
        let address: SocketAddr = listener.local_addr().map_err(Error::io("look up a port"))?;
        listener.set_nonblocking(true).map_err(Error::io("set up a listener"))?;
        let listener = {
            let _context = self.0.enter();
            tokio::net::TcpListener::from_std(listener).map_err(Error::io("set up a listener"))?
        };
        self.0.spawn(async move { axum::serve(listener, router).await });
        Ok(format!("http://{address}"))
    }
}
