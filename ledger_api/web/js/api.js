// Opens the explorer of the HTTP interface: Swagger UI, served by this node.

const explorer = document.querySelector("#api-explorer");

window.SwaggerUIBundle({
  url: explorer.dataset.description,
  domNode: explorer,
  deepLinking: true,
  validatorUrl: null, // Otherwise it would send the description to a foreign server.
});
