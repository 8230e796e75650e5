"""SFTP with servers that are known: their keys must be among the known hosts of ssh.

fsspec takes any key a server shows on the first connection, so that somebody in between could read
ratings or lay down packs of their own.
"""

from __future__ import annotations

from pathlib import Path

from fsspec.implementations.sftp import SFTPFileSystem
from paramiko import MissingHostKeyPolicy, PKey, SSHClient

from protocol.errors import CheckFailedError

OF_THE_MACHINE = Path("/etc/ssh/ssh_known_hosts")
"""Beside ~/.ssh/known_hosts, which paramiko finds itself."""


class KnownHostsSFTP(SFTPFileSystem):  # type: ignore[misc]  # fsspec ships no type information
    """fsspec's SFTP that refuses a server it does not know, or whose key changed."""

    cachable = False

    def _connect(self) -> None:
        self.client = SSHClient()
        self.client.load_system_host_keys()
        if OF_THE_MACHINE.is_file():
            self.client.load_system_host_keys(str(OF_THE_MACHINE))
        self.client.set_missing_host_key_policy(_Refuse())
        try:
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
        except BaseException:
            self.client.close()
            raise


class _Refuse(MissingHostKeyPolicy):  # type: ignore[misc]  # paramiko ships no type information
    def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:
        raise CheckFailedError(
            f"The server's key ({key.get_name()}, {key.fingerprint}) is not among the known hosts of ssh.",
            where=hostname,
            next_step="Compare it with what the server's keeper says, connect once with `sftp` to accept it,"
            " then run the command again.",
        )
