"""Files with a credential, and what `fix` makes of them."""

# ruff: noqa: E501  (what comes out has lines as long as it has)

from __future__ import annotations

import pytest

PAIR = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
I, S = "{access_key_id}", "{secret_access_key}"  # noqa: E741


def sample(name: str, path: str, parser: str, before: str, after: str):
    return pytest.param(path, parser, before.lstrip("\n"), after.lstrip("\n"), id=name)


SAMPLES = [
    sample("Python: a client's arguments go", "a.py", "python", f'''
import boto3

s3 = boto3.client(
    "s3",
    aws_access_key_id="{I}",
    aws_secret_access_key="{S}",  # mine
    region_name="eu-west-1",
)
''', '''
import boto3

s3 = boto3.client(
    "s3",
    region_name="eu-west-1",
)
'''),
    sample("Python: on one line", "a.py", "python", f'''
import boto3
s3 = boto3.client("s3", aws_access_key_id="{I}", aws_secret_access_key="{S}")
t = boto3.Session(aws_access_key_id="{I}", aws_secret_access_key="{S}", region_name="x").client("s3")
u = boto3.Session(aws_access_key_id="{I}", aws_secret_access_key="{S}")
''', '''
import boto3
s3 = boto3.client("s3")
t = boto3.Session(region_name="x").client("s3")
u = boto3.Session()
'''),
    sample("Python: settings", "settings.py", "python", f'''
"""Settings."""

from __future__ import annotations

import sys

AWS_ACCESS_KEY_ID = "{I}"  # of the deploy user
AWS_SECRET_ACCESS_KEY = '{S}'
''', '''
"""Settings."""

from __future__ import annotations

import os
import sys

AWS_ACCESS_KEY_ID = os.environ["AWS_ACCESS_KEY_ID"]  # of the deploy user
AWS_SECRET_ACCESS_KEY = os.environ["AWS_SECRET_ACCESS_KEY"]
'''),
    sample("Python: no import yet, and a longer string", "a.py", "python", f'''
#!/usr/bin/env python3
URL = f"s3://{I}:{S}@{{bucket}}/"
RAW = r"aws_access_key_id={I}"
KEY = b"{I}"
''', '''
#!/usr/bin/env python3
import os

URL = ((f"s3://" + os.environ["AWS_ACCESS_KEY_ID"] + f":") + os.environ["AWS_SECRET_ACCESS_KEY"] + f"@{bucket}/")
RAW = (r"aws_access_key_id=" + os.environ["AWS_ACCESS_KEY_ID"])
KEY = os.environb[b"AWS_ACCESS_KEY_ID"]
'''),
    sample("Python: taken apart", "a.py", "python", '''
import os
aws_access_key_id = "{access_key_id:8}" + "{access_key_id::8}"
aws_secret_access_key = "{secret_access_key:20}" "{secret_access_key::20}"
''', '''
import os
aws_access_key_id = os.environ["AWS_ACCESS_KEY_ID"]
aws_secret_access_key = os.environ["AWS_SECRET_ACCESS_KEY"]
'''),
    sample("Python: a docstring alone", "a.py", "python", f'''
"""Docs."""

aws_access_key_id = "{I}"
''', '''
"""Docs."""

import os

aws_access_key_id = os.environ["AWS_ACCESS_KEY_ID"]
'''),
    sample("Python 2", "a.py", "text", f'''
import sys
print "x"
aws_access_key_id = "{I}"
''', '''
import os
import sys
print "x"
aws_access_key_id = os.environ["AWS_ACCESS_KEY_ID"]
'''),
    sample("JavaScript", "a.js", "js", f'''
const AWS = require("aws-sdk");
// it was "{I}" once
AWS.config.update({{ accessKeyId: '{I}', secretAccessKey: "{S}" }});
const line = `aws_access_key_id=${{x}}{I}`;
const other = "aws_access_key_id={I};";
''', '''
const AWS = require("aws-sdk");
// it was "AWS_ACCESS_KEY_ID" once
AWS.config.update({ accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY });
const line = `aws_access_key_id=${x}${process.env.AWS_ACCESS_KEY_ID}`;
const other = ("aws_access_key_id=" + process.env.AWS_ACCESS_KEY_ID + ";");
'''),
    sample("TypeScript", "a.ts", "ts", f'''
const accessKeyId: string = "{I}";
const credentials = {{ accessKeyId, secretAccessKey: "{S}" }};
''', '''
const accessKeyId: string = process.env.AWS_ACCESS_KEY_ID!;
const credentials = { accessKeyId, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY! };
'''),
    sample("Java", "A.java", "java", f'''
class A {{
    static final String ACCESS_KEY = "{I}";
    /* "{I}" */
    String aws = "aws_secret_access_key=" + "{S}";
}}
''', '''
class A {
    static final String ACCESS_KEY = System.getenv("AWS_ACCESS_KEY_ID");
    /* "AWS_ACCESS_KEY_ID" */
    String aws = "aws_secret_access_key=" + System.getenv("AWS_SECRET_ACCESS_KEY");
}
'''),
    sample("Kotlin", "A.kt", "balanced", f'''
private const val ACCESS_KEY = "{I}"
val credentials = BasicAWSCredentials(ACCESS_KEY, "{S}")
val line = "aws_access_key_id={I}"
''', '''
private val ACCESS_KEY = System.getenv("AWS_ACCESS_KEY_ID")
val credentials = BasicAWSCredentials(ACCESS_KEY, System.getenv("AWS_SECRET_ACCESS_KEY"))
val line = "aws_access_key_id=${System.getenv("AWS_ACCESS_KEY_ID")}"
'''),
    sample("Scala", "A.scala", "balanced", f'''
val conf = new SparkConf()
conf.set("fs.s3a.access.key", "{I}")
conf.set("fs.s3a.secret.key", "{S}")
''', '''
val conf = new SparkConf()
conf.set("fs.s3a.access.key", sys.env("AWS_ACCESS_KEY_ID"))
conf.set("fs.s3a.secret.key", sys.env("AWS_SECRET_ACCESS_KEY"))
'''),
    sample("Go", "a.go", "go", f'''
package main

import (
	"fmt"
)

const accessKey = "{I}"

func main() {{
	fmt.Println(credentials.NewStaticCredentials(accessKey, `{S}`, ""))
}}
''', '''
package main

import (
	"os"
	"fmt"
)

var accessKey = os.Getenv("AWS_ACCESS_KEY_ID")

func main() {
	fmt.Println(credentials.NewStaticCredentials(accessKey, os.Getenv("AWS_SECRET_ACCESS_KEY"), ""))
}
'''),
    sample("Go: a block of constants, no import", "a.go", "go", f'''
package main

const (
	accessKey = "{I}"
	secretKey = "{S}" // aws
)
''', '''
package main

import "os"

var (
	accessKey = os.Getenv("AWS_ACCESS_KEY_ID")
	secretKey = os.Getenv("AWS_SECRET_ACCESS_KEY") // aws
)
'''),
    sample("Rust", "a.rs", "balanced", f'''
fn main() {{
    let credentials = Credentials::new("{I}", "{S}", None, None, "x");
}}
''', '''
fn main() {
    let credentials = Credentials::new(std::env::var("AWS_ACCESS_KEY_ID").expect("AWS_ACCESS_KEY_ID is not set"), std::env::var("AWS_SECRET_ACCESS_KEY").expect("AWS_SECRET_ACCESS_KEY is not set"), None, None, "x");
}
'''),
    sample("Ruby", "a.rb", "ruby", f'''
require "aws-sdk-s3"
s3 = Aws::S3::Client.new(access_key_id: "{I}", secret_access_key: '{S}')
line = "aws_access_key_id=#{{x}}{I}"
''', '''
require "aws-sdk-s3"
s3 = Aws::S3::Client.new(access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"), secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY"))
line = "aws_access_key_id=#{x}#{ENV.fetch("AWS_ACCESS_KEY_ID")}"
'''),
    sample("PHP", "a.php", "php", f'''
<?php
define('AWS_KEY', '{I}');
$s3 = new Aws\\S3\\S3Client(['credentials' => ['key' => '{I}', 'secret' => "{S}"]]);
$line = "aws_access_key_id={I}&x";
''', '''
<?php
define('AWS_KEY', getenv('AWS_ACCESS_KEY_ID'));
$s3 = new Aws\\S3\\S3Client(['credentials' => ['key' => getenv('AWS_ACCESS_KEY_ID'), 'secret' => getenv('AWS_SECRET_ACCESS_KEY')]]);
$line = ("aws_access_key_id=" . getenv('AWS_ACCESS_KEY_ID') . "&x");
'''),
    sample("Laravel", "config/filesystems.php", "php", f'''
<?php
return ['disks' => ['s3' => ['key' => '{I}', 'secret' => '{S}']]];
''', '''
<?php
return ['disks' => ['s3' => ['key' => env('AWS_ACCESS_KEY_ID'), 'secret' => env('AWS_SECRET_ACCESS_KEY')]]];
'''),
    sample("C#", "A.cs", "balanced", f'''
class A {{
    private const string Key = "{I}";
    public string Secret() {{
        const string secret = @"{S}";
        return secret;
    }}
}}
''', '''
class A {
    private static readonly string Key = System.Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID");
    public string Secret() {
        string secret = System.Environment.GetEnvironmentVariable("AWS_SECRET_ACCESS_KEY");
        return secret;
    }
}
'''),
    sample("Perl", "a.pl", "perl", f'''
my $aws_access_key_id = '{I}';
my $aws_secret_access_key = "{S}";
''', '''
my $aws_access_key_id = $ENV{'AWS_ACCESS_KEY_ID'};
my $aws_secret_access_key = $ENV{'AWS_SECRET_ACCESS_KEY'};
'''),
    sample("PowerShell", "a.ps1", "balanced", f'''
$env:AWS_ACCESS_KEY_ID = "{I}"
Set-AWSCredential -AccessKey "{I}" -SecretKey '{S}'
Write-Host "aws_access_key_id={I}"
''', '''
Set-AWSCredential -AccessKey $env:AWS_ACCESS_KEY_ID -SecretKey $env:AWS_SECRET_ACCESS_KEY
Write-Host "aws_access_key_id=$($env:AWS_ACCESS_KEY_ID)"
'''),
    sample("shell", "deploy.sh", "sh", f'''
#!/bin/bash
export AWS_ACCESS_KEY_ID={I}
export AWS_SECRET_ACCESS_KEY='{S}'
curl --user "{I}:{S}" --aws-sigv4 x
aws configure set aws_access_key_id {I} # {I}
''', '''
#!/bin/bash
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:?is not set}
export AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:?is not set}"
curl --user "${AWS_ACCESS_KEY_ID:?is not set}:${AWS_SECRET_ACCESS_KEY:?is not set}" --aws-sigv4 x
aws configure set aws_access_key_id ${AWS_ACCESS_KEY_ID:?is not set} # AWS_ACCESS_KEY_ID
'''),
    sample("shell: here-documents", "deploy", "sh", f'''
#!/bin/bash
cat <<\\END
quoted
END
cat > credentials <<END
aws_access_key_id = {I}
aws_secret_access_key = {S}
END
''', '''
#!/bin/bash
cat <<\\END
quoted
END
cat > credentials <<END
aws_access_key_id = ${AWS_ACCESS_KEY_ID:?is not set}
aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY:?is not set}
END
'''),
    sample("fish", "a.fish", "fish", f'''
set -gx AWS_ACCESS_KEY_ID {I}
set -gx AWS_SECRET_ACCESS_KEY "{S}"
aws s3 ls --key "{I}"
''', '''
aws s3 ls --key "$AWS_ACCESS_KEY_ID"
'''),
    sample(".env", ".env", "env", f'''
DEBUG=1
AWS_ACCESS_KEY_ID={I}
AWS_SECRET_ACCESS_KEY="{S}"
S3_URL=s3://{I}:{S}@bucket
''', '''
DEBUG=1
# AWS_ACCESS_KEY_ID: from the environment, or AWS_PROFILE
# AWS_SECRET_ACCESS_KEY: from the environment, or AWS_PROFILE
S3_URL=s3://${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY}@bucket
'''),
    sample("Dockerfile", "Dockerfile", "dockerfile", f'''
FROM debian
ARG AWS_ACCESS_KEY_ID={I}
ENV AWS_ACCESS_KEY_ID={I}
ENV AWS_SECRET_ACCESS_KEY {S}
ENV A=1 AWS_ACCESS_KEY_ID={I} AWS_SECRET_ACCESS_KEY="{S}" B=2
ENV C=3 \\
    AWS_ACCESS_KEY_ID={I} \\
    AWS_SECRET_ACCESS_KEY={S}
RUN AWS_ACCESS_KEY_ID={I} AWS_SECRET_ACCESS_KEY={S} ./build
''', '''
FROM debian
ARG AWS_ACCESS_KEY_ID
# AWS_ACCESS_KEY_ID: give it when the container runs, better a role
# AWS_SECRET_ACCESS_KEY: give it when the container runs, better a role
ENV A=1 B=2
ENV C=3 \\
    AWS_SECRET_ACCESS_KEY=""
RUN AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:?is not set} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:?is not set} ./build
'''),
    sample("compose", "docker-compose.yml", "yaml", f'''
services:
  app:
    environment:
      AWS_ACCESS_KEY_ID: {I}
      AWS_SECRET_ACCESS_KEY: "{S}"
  other:
    environment:
      - AWS_ACCESS_KEY_ID={I}
''', '''
services:
  app:
    environment:
      AWS_ACCESS_KEY_ID: ${AWS_ACCESS_KEY_ID:?is not set}
      AWS_SECRET_ACCESS_KEY: "${AWS_SECRET_ACCESS_KEY:?is not set}"
  other:
    environment:
      - AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:?is not set}
'''),
    sample("Terraform: provider", "main.tf", "hcl", f'''
provider "aws" {{
  region     = "us-east-1"
  access_key = "{I}"
  secret_key = "{S}"
}}
''', '''
provider "aws" {
  region     = "us-east-1"
}
'''),
    sample("Terraform: elsewhere", "main.tf", "hcl", f'''
resource "x" "y" {{
  aws_access_key_id     = "{I}"
  aws_secret_access_key = "{S}"
  line                  = "aws_access_key_id={I}"
}}

variable "z" {{
  default = "{I}"
}}
''', '''
resource "x" "y" {
  aws_access_key_id     = var.aws_access_key_id
  aws_secret_access_key = var.aws_secret_access_key
  line                  = "aws_access_key_id=${var.aws_access_key_id}"
}

variable "z" {
}

variable "aws_access_key_id" {
  type      = string
  sensitive = true
}

variable "aws_secret_access_key" {
  type      = string
  sensitive = true
}
'''),
    sample("Terraform: variables", "prod.tfvars", "hcl", f'''
region     = "us-east-1"
access_key = "{I}"
secret_key = "{S}"
''', '''
region     = "us-east-1"
# access_key: set TF_VAR_access_key in your environment
# secret_key: set TF_VAR_secret_key in your environment
'''),
    sample("GitHub Actions", ".github/workflows/a.yml", "yaml", f'''
env:
  AWS_ACCESS_KEY_ID: {I}
  AWS_SECRET_ACCESS_KEY: '{S}'
''', '''
env:
  AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
  AWS_SECRET_ACCESS_KEY: '${{ secrets.AWS_SECRET_ACCESS_KEY }}'
'''),
    sample("GitLab CI", ".gitlab-ci.yml", "yaml", f'''
deploy:
  variables:
    AWS_ACCESS_KEY_ID: {I}
  script:
    - aws configure set aws_secret_access_key {S}
''', '''
deploy:
  variables:
    AWS_ACCESS_KEY_ID: $AWS_ACCESS_KEY_ID
  script:
    - aws configure set aws_secret_access_key $AWS_SECRET_ACCESS_KEY
'''),
    sample("Spring properties", "application.properties", "properties", f'''
cloud.aws.credentials.access-key={I}
cloud.aws.credentials.secret-key={S}
''', '''
cloud.aws.credentials.access-key=${AWS_ACCESS_KEY_ID}
cloud.aws.credentials.secret-key=${AWS_SECRET_ACCESS_KEY}
'''),
    sample("Spring YAML", "application.yml", "yaml", f'''
cloud:
  aws:
    credentials:
      access-key: {I}
      secret-key: "{S}"
''', '''
cloud:
  aws:
    credentials:
      access-key: ${AWS_ACCESS_KEY_ID}
      secret-key: "${AWS_SECRET_ACCESS_KEY}"
'''),
    sample("Hadoop", "core-site.xml", "xml", f'''
<configuration>
  <property><name>fs.s3a.access.key</name><value>{I}</value></property>
  <property><name>fs.s3a.secret.key</name><value>{S}</value></property>
</configuration>
''', '''
<configuration>
  <property><name>fs.s3a.access.key</name><value>${env.AWS_ACCESS_KEY_ID}</value></property>
  <property><name>fs.s3a.secret.key</name><value>${env.AWS_SECRET_ACCESS_KEY}</value></property>
</configuration>
'''),
    sample("Spark", "spark-defaults.conf", "properties", f'''
spark.hadoop.fs.s3a.access.key {I}
spark.hadoop.fs.s3a.secret.key={S}
''', '''
spark.hadoop.fs.s3a.access.key ${env.AWS_ACCESS_KEY_ID}
spark.hadoop.fs.s3a.secret.key=${env.AWS_SECRET_ACCESS_KEY}
'''),
    sample("rclone", "rclone.conf", "ini", f'''
[one]
type = s3
access_key_id = {I}
secret_access_key = {S}

[two]
type = s3
env_auth = false
access_key_id = {I}
secret_access_key = {S}
region = x
''', '''
[one]
type = s3
env_auth = true

[two]
type = s3
env_auth = true
region = x
'''),
    sample("s3cmd", ".s3cfg", "ini", f'''
[default]
access_key = {I}
secret_key = {S}
''', '''
[default]
access_key =
secret_key =
'''),
    sample("Rails", "config/secrets.yml", "text", f'''
production:
  aws_access_key_id: {I}
  aws_secret_access_key: "{S}"
''', '''
production:
  aws_access_key_id: <%= ENV['AWS_ACCESS_KEY_ID'] %>
  aws_secret_access_key: "<%= ENV['AWS_SECRET_ACCESS_KEY'] %>"
'''),
    sample("Maven", "pom.xml", "xml", f'''
<project><properties>
  <aws.accessKeyId>{I}</aws.accessKeyId>
  <aws.secretKey>{S}</aws.secretKey>
</properties></project>
''', '''
<project><properties>
  <aws.accessKeyId>${env.AWS_ACCESS_KEY_ID}</aws.accessKeyId>
  <aws.secretKey>${env.AWS_SECRET_ACCESS_KEY}</aws.secretKey>
</properties></project>
'''),
    sample("Serverless", "serverless.yml", "yaml", f'''
provider:
  environment:
    AWS_ACCESS_KEY_ID: {I}
    AWS_SECRET_ACCESS_KEY: {S}
''', '''
provider:
  environment:
    AWS_ACCESS_KEY_ID: ${env:AWS_ACCESS_KEY_ID}
    AWS_SECRET_ACCESS_KEY: ${env:AWS_SECRET_ACCESS_KEY}
'''),
]  # fmt: skip
"""Path, parser, before, after. `{value:8}` is a value's first eight characters, `{value::8}` the rest."""
