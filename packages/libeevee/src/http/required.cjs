// CommonJS, because only `require` loads a package during a synchronous call. Bundlers include what it names.
exports.http = require('node:http');
exports.loadExpress = () => require('express');
