// Uses the link at once; programs that only look at links run no scripts.
document.forms[0].submit();
