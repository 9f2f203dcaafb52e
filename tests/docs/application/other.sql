SET lock_timeout = '200ms';
ALTER TABLE states ADD population bigint;
