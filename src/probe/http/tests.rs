//! Against real servers on real sockets, each of which misbehaves in its own way.

mod answers;
mod certificates;
mod connections;
mod hostile;
mod world;
