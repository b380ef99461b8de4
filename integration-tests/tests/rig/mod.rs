//! What the tests stand on: a cluster, clients, and ways to wait for and to see what happens.

pub(crate) mod backend;
mod child;
mod client;
mod decorated;
mod errors;
mod eventually;
mod exchanges;
mod fixed;
mod gate;
mod http;
mod load;
mod log;
mod metronome;
mod mute;
mod opaque;
mod recorder;
mod refusing;
mod socket;
mod table;
mod wire;

pub(crate) use backend::{Backend, scripted, this_test};
pub(crate) use child::{in_a_process_with, is_child};
pub(crate) use client::{
    client, client_of, config, direct, expect_pings, ping, quick_retries, refreshing, signing,
};
pub(crate) use errors::{in_chain, text};
pub(crate) use eventually::{eventually, eventually_within};
pub(crate) use exchanges::{Exchange, Tap};
pub(crate) use fixed::Fixed;
pub(crate) use gate::Gate;
pub(crate) use http::http_client;
pub(crate) use load::Load;
pub(crate) use log::Log;
pub(crate) use metronome::Metronome;
pub(crate) use mute::Mute;
pub(crate) use opaque::Opaque;
pub(crate) use recorder::Recorder;
pub(crate) use refusing::Refusing;
pub(crate) use socket::Socket;
pub(crate) use table::{Table, n, s};
pub(crate) use wire::{BROKEN, OK, Wire};
