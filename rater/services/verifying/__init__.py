"""Every hash and chain, of a study file and of a public bundle, answered one by one."""
