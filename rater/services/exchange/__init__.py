"""The place between sites where packs and ratings files are laid down: a folder, SFTP, object storage."""
